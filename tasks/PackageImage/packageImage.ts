import * as path from 'node:path';
import type { ModelFile } from '../common/azure/ml/modelFiles';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { append } from '../common/record/chain';
import { writeEvaluationInfo } from '../common/record/compatibilityFiles';
import { placesOf } from '../common/record/places';
import type { ImageSection, ModelRecord } from '../common/record/record';
import { writeRecord } from '../common/record/recordFile';
import { inScratchFolder } from '../common/scratchFolder';
import type { StageResult, TaskContext } from '../common/task/taskContext';
import type { ImageOrder } from './build/imageOrder';
import { obtainImage } from './build/obtainImage';
import { annotate } from './image/imageAnnotations';
import { announce } from './image/announcement';
import { imageLabels } from './image/imageLabels';
import { addTags, asRepository, chooseTags } from './image/imageTags';
import { selfTestNotes } from './image/selfTestNote';
import { signImage } from './evidence/signImage';
import type { PackageInputs } from './inputs';
import { findSubject, readModel, type Subject } from './modelToPackage';
import { contentTag } from './plan/contentTag';
import { planOwnDockerfile, planScoringScript, type ImagePlan } from './plan/imagePlan';
import { planMlflowModel } from './plan/mlflowModel';
import { planSelfTest, type SelfTest } from './plan/selfTesting';
import { openServices, type Services } from './services';
import { imageSummary } from './summary';

/** Packages a model: finds or builds its image, and hands its digest on. */
export async function packageImage(inputs: PackageInputs, context: TaskContext): Promise<StageResult> {
  const subject = await findSubject(inputs, context);
  return packageModel(await openServices(inputs, subject, context), inputs, subject, context);
}

/** The same with its services handed in. */
export async function packageModel(
  services: Services,
  inputs: PackageInputs,
  subject: Subject,
  context: TaskContext,
): Promise<StageResult> {
  const place = { temp: context.pipeline.directories.temp, name: 'model-packages' };
  return inScratchFolder(place, context.log, (scratch) => packageWithin(scratch, services, inputs, subject, context));
}

/** @param scratch for files that the build reads */
async function packageWithin(
  scratch: string,
  services: Services,
  inputs: PackageInputs,
  subject: Subject,
  context: TaskContext,
): Promise<StageResult> {
  const { contents, registry, signer } = services;
  const started = context.clock.now();
  const { model, record } = await readModel(subject, services.models, inputs.connection.subscriptionId);
  const repository = inputs.imageRepository ?? asRepository(model.name);
  tellWhatIsPackaged(subject, model, `${registry.loginServer}/${repository}`, context);

  const [modelFiles, baseImage] = await Promise.all([
    services.modelFiles(model),
    inputs.baseImage && services.pinBaseImage(inputs.baseImage),
  ]);
  const selfTest = planSelfTest(inputs, subject.recordFile, record, context.log);
  const plan = await makePlan(inputs, model, baseImage, modelFiles, selfTest, { scratch, signal: context.signal });
  const content = await contentTag(plan, model, context.signal);
  const tags = chooseTags(inputs, model, context.pipeline, content);
  const labels = imageLabels(model, record, context.pipeline, baseImage, new Date(context.clock.now()));

  const order: ImageOrder = { repository, plan, modelFiles, labels, tags, content };
  const image = await obtainImage(services, inputs, order, context);
  const digest = inputs.imageAnnotations
    ? await annotate(contents, repository, image.digest, Object.keys(labels), selfTestNotes(image.selfTest), context)
    : image.digest;
  if (!image.tagged || digest !== image.digest) await addTags(contents, repository, digest, tags, context);

  const reference = `${registry.loginServer}/${repository}@${digest}`;
  const environmentId = await announce(services, inputs, model, plan, repository, reference, context);
  const { port, readinessPath, scoringPath } = plan;
  const unsigned: ImageSection = {
    ...{ reference, digest, registry: registry.loginServer, repository, tags: [...tags], registryId: registry.id },
    ...{ environmentId, baseImage: baseImage || undefined, port, readinessPath, scoringPath, built: image.built },
    ...{ packaging: inputs.packaging, selfTest: image.selfTest, sbom: image.sbom },
  };
  const making = {
    model,
    image: unsigned,
    record: append(record, 'image', unsigned),
    builder: inputs.builder,
    started,
  };
  const attestations = signer && (await signImage(contents, signer, making, context));
  const section: ImageSection = { ...unsigned, attestations };
  keepRecord(subject, record, section);
  const places = record ? placesOf({ ...record, image: section }) : [];
  context.publish.summary('Package-Image', imageSummary(model, section, image, places));
  context.log.info(`Image ${reference}`);
  return {
    outputs: { image: reference, imageDigest: digest, environmentId, built: String(image.built) },
    recordFile: subject.recordFile,
  };
}

function tellWhatIsPackaged(subject: Subject, model: RegisteredModel, place: string, { log }: TaskContext): void {
  if (!subject.approved)
    log.warning(
      `No record approves the model ${model.name} version ${model.version}; it is packaged because the inputs name it.`,
    );
  log.info(`Model ${model.name} version ${model.version}, image ${place}`);
}

function makePlan(
  inputs: PackageInputs,
  model: RegisteredModel,
  baseImage: string,
  modelFiles: readonly ModelFile[],
  selfTest: SelfTest | undefined,
  { scratch, signal }: { readonly scratch: string; readonly signal: AbortSignal },
): Promise<ImagePlan> | ImagePlan {
  switch (inputs.packaging) {
    case 'scoringScript':
      return planScoringScript(inputs, model, baseImage, selfTest);
    case 'mlflow':
      return planMlflowModel(inputs, model, baseImage, modelFiles, selfTest, scratch, signal);
    case 'dockerfile':
      return planOwnDockerfile(inputs, model, baseImage || undefined, selfTest);
  }
}

function keepRecord({ recordFile }: Subject, record: ModelRecord, section: ImageSection): void {
  const next = append(record, 'image', section);
  writeRecord(recordFile, next);
  writeEvaluationInfo(path.dirname(recordFile), next);
}
