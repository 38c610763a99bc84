import { requireRegistryOf } from '../common/azure/registry/connectedRegistry';
import { parseImageName, withRegistryName, type ImageName } from '../common/imageName';
import type { TaskLog } from '../common/log';
import type { ModelRecord } from '../common/record/record';
import { findRecordFile, readRecord, requireRecordFile, requireSection } from '../common/record/recordFile';
import { TaskFailure } from '../common/taskFailure';
import type { Inputs } from './inputs';

/** The port of Azure ML's inference server. */
const usualPort = 5001;

/** What is to run. */
export interface Release {
  /** registry/repository@sha256:… */
  readonly image: string;
  /** Host of the image's registry. */
  readonly registry: string;
  /** ARM id of the registry, where the record knows it. */
  readonly registryId?: string;
  readonly digest?: string;
  readonly port: number;
  readonly readinessPath: string;
  readonly scoringPath: string;
  readonly model?: { readonly name: string; readonly version: string };
  /** The record that vouches for it, and its file. */
  readonly record?: ModelRecord;
  readonly recordFile?: string;
}

type Choice = Pick<
  Inputs,
  | 'recordFile'
  | 'image'
  | 'requireApproval'
  | 'workspace'
  | 'port'
  | 'readinessPath'
  | 'scoringPath'
  | 'allowImageTag'
  | 'registryAuthentication'
  | 'apiKey'
  | 'https'
>;

/**
 * Chooses the image, by the record or the input, and refuses what nobody vouches for.
 * @throws TaskFailure that says what was refused and why
 */
export async function chooseRelease(
  inputs: Choice,
  places: { variable?: string; artifacts: readonly string[] },
  log: TaskLog,
): Promise<Release> {
  const { recordFile, record } = await findRecord(inputs, places, log);
  if (record && recordFile) checkApproval(inputs, record, recordFile, log);
  const fromRecord = record?.image;
  const { image, name } = imageOf(inputs, record, recordFile);
  const { registryAuthentication: by } = inputs;
  if (by.kind === 'credentials') requireRegistryOf(by.connection, name);
  const isRecords = fromRecord !== undefined && name.digest === fromRecord.digest;
  const release: Release = {
    image,
    registry: name.registry,
    registryId: isRecords ? fromRecord.registryId : undefined,
    digest: name.digest,
    port: inputs.port ?? (isRecords ? fromRecord.port : usualPort),
    readinessPath: inputs.readinessPath ?? (isRecords ? fromRecord.readinessPath : '/'),
    scoringPath: inputs.scoringPath ?? (isRecords ? fromRecord.scoringPath : '/score'),
    model: record?.model && { name: record.model.name, version: record.model.version },
    record,
    recordFile,
  };
  checkDoors(inputs, release);
  return release;
}

/** The image by the input, or else by the record. */
function imageOf(
  { image: given, allowImageTag }: Choice,
  record: ModelRecord | undefined,
  recordFile: string | undefined,
): { image: string; name: ImageName } {
  const image = given ?? (record && requireSection(record, 'image', recordFile!).reference);
  const name = image && parseImageName(image);
  if (!name) {
    throw new TaskFailure(
      `There is no image to deploy${image ? `: "${image}" is not a valid image reference` : ''}.`,
      'Set the input image to registry/repository@sha256:….',
    );
  }
  if (name.digest || allowImageTag) return { image: withRegistryName(image), name };
  throw new TaskFailure(
    `The image ${image} has no digest, so what runs could change without notice.`,
    'Run Package-Image, which records the digest, or set allowImageTag.',
  );
}

/** What the gateway protects, and where it listens. */
function checkDoors(inputs: Choice, release: Release): void {
  if (inputs.apiKey && release.readinessPath === release.scoringPath) {
    throw new TaskFailure(
      `The health route ${release.readinessPath} stays open, and it is the scoring route too, so the key would protect nothing.`,
      'Set readinessPath to another route.',
    );
  }
  if (inputs.https && (release.port === 80 || release.port === 443)) {
    throw new TaskFailure(
      `The image listens at port ${release.port}, which the gateway needs for https.`,
      'Let the image listen at another port.',
    );
  }
}

async function findRecord(
  inputs: Choice,
  { variable, artifacts }: { variable?: string; artifacts: readonly string[] },
  log: TaskLog,
): Promise<{ recordFile?: string; record?: ModelRecord }> {
  const places = { input: inputs.recordFile, variable, artifacts };
  const isNeeded = inputs.requireApproval || !inputs.image;
  if (isNeeded) {
    const recordFile = requireRecordFile(places);
    return { recordFile, record: await readRecord(recordFile) };
  }
  const recordFile = findRecordFile(places);
  if (!recordFile) return {};
  try {
    return { recordFile, record: await readRecord(recordFile) };
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    log.warning(`The deployment continues without a record, because requireApproval is off. ${error.message}`);
    return {};
  }
}

function checkApproval(inputs: Choice, record: ModelRecord, recordFile: string, log: TaskLog): void {
  const { requireApproval, workspace, image } = inputs;
  const from = record.model?.workspace.name;
  if (workspace && from && workspace.toLowerCase() !== from.toLowerCase()) {
    throw new TaskFailure(
      `The record ${recordFile} is about a model of the workspace ${from}, not of ${workspace}.`,
      'Download the record of the right build, or leave the input workspace empty.',
    );
  }
  const model = record.model ? `${record.model.name} version ${record.model.version}` : 'The model';
  if (!requireApproval) {
    if (record.evaluation?.decision !== 'approved') {
      log.warning(`${model} was not approved; it is deployed all the same, as requireApproval is off.`);
    }
    return;
  }
  const { decision, reason } = requireSection(record, 'evaluation', recordFile);
  if (decision !== 'approved') {
    throw new TaskFailure(
      `${model} was rejected by Evaluate and is not deployed: ${reason}`,
      'Deploy the record of a build whose model was approved, or switch requireApproval off.',
    );
  }
  const vouchedFor = requireSection(record, 'image', recordFile).digest;
  if (image && parseImageName(image)?.digest !== vouchedFor) {
    throw new TaskFailure(
      `The image ${image} is not the one that the record vouches for, which has the digest ${vouchedFor}.`,
      'Leave the input image empty, or switch requireApproval off.',
    );
  }
}
