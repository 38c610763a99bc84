import * as path from 'node:path';
import { isAzureFailure } from '../common/azure/http/azureFailure';
import { findContainerRegistry } from '../common/azure/registry/containerRegistry';
import { RegistryContents } from '../common/azure/registry/containerRegistryContents';
import { listModelFiles } from '../common/azure/ml/modelFiles';
import { Models, type RegisteredModel } from '../common/azure/ml/models';
import { Workspace } from '../common/azure/ml/workspace';
import { append } from '../common/record/chain';
import { writeEvaluationInfo } from '../common/record/compatibilityFiles';
import type { ImageSection } from '../common/record/record';
import { writeRecord } from '../common/record/recordFile';
import type { StageResult, TaskContext } from '../common/task/taskContext';
import { pinBaseImage } from './plan/baseImage';
import { readBillOfMaterials } from './image/billOfMaterials';
import { BuildRecords } from './build/buildRecords';
import { buildSecrets } from './build/buildSecrets';
import { contentTag } from './plan/contentTag';
import { labelInstruction } from './plan/dockerfile';
import { chooseBuilder } from './build/chooseBuilder';
import { annotate } from './image/imageAnnotations';
import { asTag, imageLabels } from './image/imageLabels';
import { findBuilt, ImageBuild } from './build/imageBuild';
import { planOwnDockerfile, planScoringScript, type ImagePlan } from './plan/imagePlan';
import type { PackageInputs } from './inputs';
import { planMlflowModel } from './plan/mlflowModel';
import { registerEnvironment } from './image/registeredEnvironment';
import { findSubject, readModel } from './modelToPackage';
import { imageSummary } from './summary';

/** Packages a model: finds or builds its image, and hands its digest on. */
export async function packageImage(inputs: PackageInputs, context: TaskContext): Promise<StageResult> {
  const { log, signal } = context;
  const subject = await findSubject(inputs, context);
  const session = context.azure(inputs.connection);
  const workspace = new Workspace(session, subject.workspace.resourceGroup, subject.workspace.name);
  const models = new Models(workspace);
  const [{ model, record }, registry] = await Promise.all([
    readModel(subject, models, session.connection.subscriptionId),
    findContainerRegistry(workspace, inputs.containerRegistry),
  ]);
  if (!subject.approved)
    log.warning(
      `No record approves the model ${model.name} version ${model.version}; it is packaged because the inputs name it.`,
    );
  const repository = inputs.imageRepository ?? asRepository(model.name);
  log.info(`Model ${model.name} version ${model.version}, image ${registry.loginServer}/${repository}`);

  const [modelFiles, baseImage] = await Promise.all([
    listModelFiles(workspace, model, signal),
    inputs.baseImage &&
      pinBaseImage(inputs.baseImage, session, registry.loginServer, inputs.baseImageConnection, log, signal),
  ]);
  const plan = await makePlan(inputs, model, baseImage, modelFiles, signal);
  const content = await contentTag(plan, model, signal);
  const tags = chooseTags(inputs, model, context, content);
  const contents = new RegistryContents(session, registry.loginServer, { kind: 'entra' });

  const records = new BuildRecords(context.pipeline.directories.temp, repository, buildSecrets(inputs), context);
  const labels = imageLabels(model, record, context.pipeline, baseImage, new Date(context.clock.now()));
  const known = inputs.rebuild === 'always' ? undefined : await findBuilt(contents, repository, content, context);
  let pushed: string;
  if (known) {
    log.info(`Nothing changed since the image ${known} was built: it is used again.`);
    pushed = known;
  } else {
    const builder = await chooseBuilder(inputs, registry, contents, session, context);
    const image = new ImageBuild(
      builder,
      contents,
      `${registry.loginServer}/${repository}`,
      repository,
      records,
      context,
    );
    try {
      const environment = plan.environment && (await image.environment(plan.environment, inputs.rebuild));
      pushed = await image.scoring(plan, environment, labelInstruction(labels), modelFiles, tags, content);
    } finally {
      records.publish();
    }
    if (plan.environment) {
      records.billOfMaterials(await readBillOfMaterials(contents, repository, pushed, log, signal));
    }
  }
  const digest = inputs.imageAnnotations
    ? await annotate(contents, repository, pushed, Object.keys(labels), context)
    : pushed;
  if (known || digest !== pushed) await addTags(contents, repository, digest, tags, context);

  const reference = `${registry.loginServer}/${repository}@${digest}`;
  const [environmentId] = await Promise.all([
    inputs.registerEnvironment
      ? registerEnvironment(
          workspace,
          asEnvironmentName(repository),
          reference,
          plan,
          { model: model.name, modelVersion: model.version },
          signal,
        )
      : undefined,
    models.tag(model.name, model.version, { image: reference, imageDigest: digest }),
  ]);
  const section: ImageSection = {
    reference,
    digest,
    registry: registry.loginServer,
    repository,
    tags: [...tags],
    registryId: registry.id,
    environmentId,
    baseImage: baseImage || undefined,
    port: plan.port,
    readinessPath: plan.readinessPath,
    scoringPath: plan.scoringPath,
    built: !known,
  };
  const next = append(record, 'image', section);
  writeRecord(subject.recordFile, next);
  writeEvaluationInfo(path.dirname(subject.recordFile), next);
  context.publish.summary('Package-Image', imageSummary(model, section, records.components));
  log.info(`Image ${reference}`);
  return {
    outputs: { image: reference, imageDigest: digest, environmentId, built: String(!known) },
    recordFile: subject.recordFile,
  };
}

function makePlan(
  inputs: PackageInputs,
  model: RegisteredModel,
  baseImage: string,
  modelFiles: Parameters<typeof planMlflowModel>[3],
  signal: AbortSignal,
): Promise<ImagePlan> | ImagePlan {
  switch (inputs.packaging) {
    case 'scoringScript':
      return planScoringScript(inputs, model, baseImage);
    case 'mlflow':
      return planMlflowModel(inputs, model, baseImage, modelFiles, signal);
    case 'dockerfile':
      return planOwnDockerfile(inputs, model, baseImage || undefined);
  }
}

/** The content's tag comes last: people look for the others. */
function chooseTags(
  inputs: PackageInputs,
  model: RegisteredModel,
  { pipeline }: TaskContext,
  content: string,
): readonly string[] {
  const number = asTag(pipeline.build?.number ?? '');
  return [...new Set([`v${model.version}`, ...(number ? [number] : []), ...inputs.imageTags, content])];
}

async function addTags(
  contents: RegistryContents,
  repository: string,
  digest: string,
  tags: readonly string[],
  { log, signal }: TaskContext,
): Promise<void> {
  await Promise.all(
    tags.map(async (tag) => {
      try {
        if ((await contents.digest(repository, tag, signal)) !== digest)
          await contents.tag(repository, digest, tag, signal);
      } catch (error) {
        if (!isAzureFailure(error)) throw error;
        log.warning(`The image could not be given the tag ${tag}: ${error.message}`);
      }
    }),
  );
}

function asRepository(modelName: string): string {
  return modelName.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, ''); // prettier-ignore
}

/** Names of environments hold no slash. */
function asEnvironmentName(repository: string): string {
  return repository.replace(/[^A-Za-z0-9._-]+/g, '-');
}
