import assert from 'node:assert/strict';
import path from 'node:path';
import { localCloud } from '../../local/azure/context';
import type { LocalAzure } from '../../local/azure';
import type { ModelRecord } from '../../tasks/common/record/record';
import { readRecord } from '../../tasks/common/record/recordFile';
import { runBuiltTask, TestJob } from './agent';
import { registerModel } from './registeredModel';

/** Serves nothing but files, so that it is built in no time. */
const dockerfile = `ARG BASE_IMAGE=mcr.microsoft.com/azureml/curated/minimal-py311-inference:latest
FROM \${BASE_IMAGE}
COPY model/ /model/
EXPOSE 5001
CMD ["python3", "-m", "http.server", "5001"]
`;

/** An image that the built Package-Image has made and signed, of one model. */
export interface SignedImage {
  readonly job: TestJob;
  readonly record: ModelRecord;
  readonly log: string;
}

export const signedRepository = 'signed/evidence';

/** @param signing the inputs of Package-Image that say by which key; a secret variable `signingKey` holds the private one */
export async function packageSigned(
  azure: LocalAzure,
  approved: ModelRecord,
  signing: Record<string, string>,
  privateKey = '',
): Promise<SignedImage> {
  const job = new TestJob('build', azure);
  const packaged = await runBuiltTask('PackageImage', {
    job,
    refName: 'package',
    inputs: {
      azureSubscription: localCloud.serviceConnectionId,
      recordFile: 'record/mlops-record.json',
      ...{ packaging: 'dockerfile', dockerfile: 'image/Dockerfile', baseImage: '', selfTest: 'false' },
      ...{ imageRepository: signedRepository, registerEnvironment: 'false' },
      ...signing,
    },
    secretVariables: privateKey ? { signingKey: privateKey } : {},
    files: { 'image/Dockerfile': dockerfile, 'record/mlops-record.json': JSON.stringify(approved) },
  });
  const log = packaged.log.join('\n');
  assert.equal(packaged.result, 'succeeded', log);
  return { job, record: await readRecord(path.join(job.root, 'record/mlops-record.json')), log };
}

/** The record of a new model that Evaluate has approved. */
export async function approvedModel(azure: LocalAzure): Promise<ModelRecord> {
  return (await registerModel(azure, { 'model.txt': 'weights' })).record;
}
