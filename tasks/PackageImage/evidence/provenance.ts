import type { RegisteredModel } from '../../common/azure/ml/registeredModel';
import { buildType } from '../../common/evidence/predicateTypes';
import { extensionVersion } from '../../common/extensionVersion';
import { parseImageName } from '../../common/imageName';
import type { Pipeline } from '../../common/pipeline';
import type { ImageSection, ModelRecord } from '../../common/record/record';

/** A thing that went into a build. Source: in-toto/attestation, spec/v1/resource_descriptor.md. */
interface ResourceDescriptor {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What is known of how an image came about. */
export interface Making {
  readonly model: RegisteredModel;
  /** As signed, with the image. */
  readonly record: ModelRecord;
  readonly image: ImageSection;
  readonly builder: string;
  /** Milliseconds, as is the other. */
  readonly started: number;
  readonly finished: number;
}

/** SLSA provenance, version 1. Source: slsa.dev/spec/v1.0/provenance. */
export function provenance({ model, record, image, builder, started, finished }: Making, pipeline: Pipeline) {
  const { packaging, tags, baseImage, repository, selfTest } = image;
  return {
    buildDefinition: {
      buildType,
      externalParameters: {
        ...{ modelName: model.name, modelVersion: model.version, packaging, baseImage },
        ...{ imageRepository: repository, imageTags: tags },
      },
      internalParameters: { builder, job: pipeline.job.name, definition: pipeline.build?.definition },
      resolvedDependencies: dependencies(model, record, baseImage, pipeline),
    },
    runDetails: {
      builder: {
        id: `${pipeline.collectionUri}${encodeURIComponent(pipeline.project)}/_build`,
        version: { MLOpsPackageImage: extensionVersion },
      },
      metadata: {
        invocationId: pipeline.build?.url,
        startedOn: new Date(started).toISOString(),
        finishedOn: new Date(finished).toISOString(),
      },
      byproducts: [
        { name: 'mlops-record.json', digest: { sha256: record.sha256 } },
        ...(selfTest ? [{ name: 'self-test', annotations: { outcome: selfTest.outcome } }] : []),
      ],
    },
  };
}

function dependencies(
  model: RegisteredModel,
  { source, training }: ModelRecord,
  baseImage: string | undefined,
  { repository }: Pipeline,
): ResourceDescriptor[] {
  const sources = [repository, source?.repository].filter((each) => each !== undefined);
  const code = new Map(
    sources.map(({ uri, branch, commit }) => [
      `${uri} ${commit}`,
      { name: 'source', uri: `git+${uri}@${branch}`, digest: { gitCommit: commit } },
    ]),
  );
  const base = baseImage ? parseImageName(baseImage) : undefined;
  return [
    ...code.values(),
    { name: 'model', uri: model.uri, annotations: { id: model.id, name: model.name, version: model.version } },
    ...(training?.codeHash ? [{ name: 'training code', digest: { sha256: training.codeHash } }] : []),
    ...(training?.data ?? []).map(({ name, uri, sha256 }) => ({
      ...{ name: `data ${name}`, uri },
      ...(sha256 && { digest: { sha256 } }),
    })),
    ...(base
      ? [
          {
            name: 'base image',
            uri: `docker://${base.registry}/${base.repository}${base.tag ? `:${base.tag}` : ''}`,
            ...(base.digest && { digest: { sha256: base.digest.slice('sha256:'.length) } }),
          },
        ]
      : []),
  ];
}
