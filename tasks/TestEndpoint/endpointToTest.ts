import * as fs from 'node:fs';
import { keptFor, previousDeploymentVariable } from '../common/deployment/previousDeployment';
import type { ModelRecord } from '../common/record/record';
import { findRecordFile, readRecord, requireSection } from '../common/record/recordFile';
import { goldenRequestsFile } from '../common/requestsFile/goldenRequests';
import type { Secrets } from '../common/secrets';
import type { TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import type { Inputs } from './inputs';
import { neededRoles } from './neededRoles';
import { requireOwnAddress } from './recordedAddress';
import { isRecordedEndpoint } from './recordedEndpoint';
import { readRequestCases, type RequestCase } from './requests/requestCases';
import { secretsOf } from './report/hiddenSecrets';
import type { Target } from './requests/target';
import type { AzureServices } from './services';

/** What is tested, and the record that speaks of it, if there is one. */
export interface Subject {
  readonly target: Target;
  readonly requests: readonly RequestCase[];
  readonly secrets: Secrets;
  readonly recordFile?: string;
  readonly record?: ModelRecord;
}

/**
 * Finds what is to be tested from inputs and record, before anything is sent.
 * @throws TaskFailure if there is no URI or no request, or if a file is not what it should be
 */
export async function findSubject(
  inputs: Pick<
    Inputs,
    | 'scoringUri'
    | 'recordFile'
    | 'requestsFile'
    | 'tolerance'
    | 'apiKey'
    | 'promoteToChampion'
    | 'rollbackOnFailure'
    | 'trustedKeys'
    | 'signingKey'
  >,
  azure: AzureServices | undefined,
  {
    pipeline,
    recordVariable,
    clock,
    signal,
    jobSecrets,
  }: Pick<TaskContext, 'pipeline' | 'recordVariable' | 'clock' | 'signal' | 'jobSecrets'>,
): Promise<Subject> {
  const recordFile = findRecordFile({
    input: inputs.recordFile,
    variable: recordVariable,
    artifacts: inputs.scoringUri ? [] : pipeline.directories.artifacts,
  });
  const record = recordFile ? await readRecord(recordFile) : undefined;
  if (!inputs.scoringUri && !record) {
    throw new TaskFailure(
      'There is nothing to test: the input scoringUri is empty and no model record was found.',
      'Give a scoringUri, or run Deploy-ACI before this task.',
    );
  }
  const scoringUri = inputs.scoringUri ?? new URL(requireSection(record!, 'deployment', recordFile!).scoringUri);
  const file = findRequestsFile(inputs.requestsFile, record, recordFile);
  const requests = await readRequestCases(file, inputs.tolerance);
  const target: Target = {
    scoringUri,
    apiKey: inputs.apiKey,
    // A record that speaks of another endpoint says nothing about this one.
    readinessPath: isRecordedEndpoint(record, scoringUri) ? record?.image?.readinessPath : undefined,
    isOfRecord: inputs.scoringUri === undefined,
  };
  if (azure && record) {
    const { deployment } = record;
    const isRestored = inputs.rollbackOnFailure && deployment !== undefined;
    const previous = isRestored ? keptFor(deployment, jobSecrets.get(previousDeploymentVariable)) : undefined;
    await azure.requireRights(neededRoles(inputs, record, azure, previous?.definition), inputs);
  }
  if (target.isOfRecord) await requireOwnAddress(target, requests, record!, azure, clock, signal);
  return { target, requests, secrets: secretsOf(target, requests), recordFile, record };
}

/** The requests of the input, else those that training wrote. */
function findRequestsFile(
  input: string | undefined,
  record: ModelRecord | undefined,
  recordFile: string | undefined,
): string {
  const file = input ?? goldenRequestsFile(record, recordFile);
  if (!file) {
    throw new TaskFailure(
      'There are no requests to send: the input requestsFile is empty and the record has no golden requests.',
      'Name a requests file, or let training write outputs/golden_requests.json.',
    );
  }
  if (!fs.existsSync(file)) throw new TaskFailure(`The requests file ${file} does not exist.`);
  return file;
}
