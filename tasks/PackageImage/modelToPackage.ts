import type { Models } from '../common/azure/ml/models';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { append, emptyRecord } from '../common/record/chain';
import type { ModelRecord } from '../common/record/record';
import { requireHomeWorkspace } from '../common/record/homeWorkspace';
import { findRecordFile, readRecord, requireSection } from '../common/record/recordFile';
import { TaskFailure } from '../common/taskFailure';
import type { TaskContext } from '../common/task/taskContext';
import * as path from 'node:path';
import { recordFileName } from '../common/record/record';
import type { PackageInputs } from './inputs';

/** What is packaged: a model that the record approves, or one that the inputs name where there is no record. */
export interface Subject {
  readonly recordFile: string;
  readonly record: ModelRecord;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly workspace: { readonly resourceGroup: string; readonly name: string };
  readonly approved: boolean;
}

/**
 * Finds the model to package.
 * @throws TaskFailure if the record does not verify, does not approve the model, or speaks of another one or of another workspace's
 */
export async function findSubject(
  inputs: PackageInputs,
  context: Pick<TaskContext, 'recordVariable' | 'pipeline'>,
): Promise<Subject> {
  const { directories } = context.pipeline;
  const found = findRecordFile({
    input: inputs.recordFile,
    variable: context.recordVariable,
    artifacts: directories.artifacts,
  });
  if (!found) return withoutRecord(inputs, path.join(directories.staging, 'mlops', recordFileName));
  const record = await readRecord(found);
  const model = requireSection(record, 'model', found);
  const evaluation = requireSection(record, 'evaluation', found);
  const told = `${model.name} version ${model.version}`;
  if (
    (inputs.modelName && inputs.modelName !== model.name) ||
    (inputs.modelVersion && inputs.modelVersion !== model.version)
  ) {
    throw new TaskFailure(
      `The inputs name the model ${inputs.modelName} version ${inputs.modelVersion ?? model.version}, but the model record ${found} is of ${told}.`,
      'Leave modelName and modelVersion empty, or name the record that belongs to that model.',
    );
  }
  if (evaluation.decision !== 'approved') {
    throw new TaskFailure(
      `The model ${told} is not packaged, because Evaluate rejected it: ${evaluation.reason}`,
      "Run this task only for approved models: give it the condition eq(variables['evaluate.deployModel'], 'true').",
    );
  }
  const workspace = chooseWorkspace(inputs, model.workspace);
  requireHomeWorkspace(model, { ...workspace, subscriptionId: inputs.connection.subscriptionId }, 'Package');
  return {
    recordFile: found,
    record,
    modelName: model.name,
    modelVersion: model.version,
    workspace,
    approved: true,
  };
}

function withoutRecord(inputs: PackageInputs, recordFile: string): Subject {
  if (!inputs.modelName || !inputs.modelVersion) {
    throw new TaskFailure(
      'There is no model record, and the inputs modelName and modelVersion do not name a model.',
      'Run Train and Evaluate earlier in this job, download the artifact with mlops-record.json, or name a model.',
    );
  }
  return {
    recordFile,
    record: emptyRecord(),
    modelName: inputs.modelName,
    modelVersion: inputs.modelVersion,
    workspace: chooseWorkspace(inputs),
    approved: false,
  };
}

function chooseWorkspace(
  { connection, ...inputs }: PackageInputs,
  recorded?: { resourceGroup: string; name: string },
): Subject['workspace'] {
  const resourceGroup = inputs.resourceGroup ?? recorded?.resourceGroup ?? connection.defaults.resourceGroup;
  const name = inputs.workspace ?? recorded?.name ?? connection.defaults.workspace;
  if (resourceGroup && name) return { resourceGroup, name };
  throw new TaskFailure(
    `Inputs resourceGroup and workspace: no ${name ? 'resource group' : 'workspace'} is named.`,
    'Name both, or choose a service connection that is scoped to a workspace.',
  );
}

/** The registered model; it must still be there. The record gets its section where it had none. */
export async function readModel(
  subject: Subject,
  models: Pick<Models, 'get'>,
  subscriptionId: string,
): Promise<{ model: RegisteredModel; record: ModelRecord }> {
  const model = await models.get(subject.modelName, subject.modelVersion);
  if (subject.record.model) return { model, record: subject.record };
  const { name, version, id, type, uri } = model;
  const workspace = { subscriptionId, ...subject.workspace };
  return { model, record: append(subject.record, 'model', { name, version, id, type, uri, workspace }) };
}
