import type { RegisteredModel } from '../../common/azure/ml/registeredModel';
import type { Pipeline } from '../../common/pipeline';
import type { ModelRecord } from '../../common/record/record';

/** Prefix of our own labels. */
const own = 'mlops';

/** The label that each of our images has. */
export const ownLabel = `${own}.model.id`;
/** Number of the build that made it. */
export const buildLabel = `${own}.build`;

/**
 * Labels that say where an image comes from. Source of org.opencontainers.image.*: OCI image specification, annotations.
 * @param now of the build
 */
export function imageLabels(
  model: RegisteredModel,
  record: ModelRecord,
  pipeline: Pipeline,
  baseImage: string | undefined,
  now: Date,
): Record<string, string> {
  const { repository, build } = pipeline;
  const source = record.source?.repository;
  const [baseName, baseDigest] = (baseImage ?? '').split('@');
  const labels: Record<string, string | undefined> = {
    'org.opencontainers.image.title': model.name,
    'org.opencontainers.image.version': model.version,
    'org.opencontainers.image.description': model.description,
    'org.opencontainers.image.created': now.toISOString(),
    'org.opencontainers.image.source': repository?.uri ?? source?.uri,
    'org.opencontainers.image.revision': repository?.commit ?? source?.commit,
    'org.opencontainers.image.url': build?.url,
    'org.opencontainers.image.base.name': baseName,
    'org.opencontainers.image.base.digest': baseDigest,
    [ownLabel]: model.id,
    [`${own}.model.name`]: model.name,
    [`${own}.model.version`]: model.version,
    [`${own}.job`]: record.training?.jobName ?? model.jobName,
    [buildLabel]: build?.number,
  };
  return Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/** A text as an image tag: what a tag cannot hold becomes a hyphen; at most 128 characters. */
export function asTag(text: string): string {
  return text.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '').slice(0, 128); // prettier-ignore
}
