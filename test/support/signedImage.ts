import assert from 'node:assert/strict';
import path from 'node:path';
import { localCloud } from '../../local/azure/context';
import type { LocalAzure } from '../../local/azure';
import type { ModelRecord } from '../../tasks/common/record/record';
import { readRecord } from '../../tasks/common/record/recordFile';
import { runBuiltTask, TestJob } from './agent';
import { registerModel } from './registeredModel';

/** Answers each request with success, and is built in no time. */
const dockerfile = `ARG BASE_IMAGE=mcr.microsoft.com/azureml/curated/minimal-py311-inference:latest
FROM \${BASE_IMAGE}
COPY model/ /model/
COPY server.py /server.py
EXPOSE 5001
CMD ["python3", "/server.py"]
`;
const server = `
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'[]')
    def do_POST(self):
        self.rfile.read(int(self.headers.get('Content-Length', '0')))
        self.do_GET()

http.server.ThreadingHTTPServer(('0.0.0.0', 5001), Handler).serve_forever()
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
    files: {
      'image/Dockerfile': dockerfile,
      'image/server.py': server,
      'record/mlops-record.json': JSON.stringify(approved),
    },
  });
  const log = packaged.log.join('\n');
  assert.equal(packaged.result, 'succeeded', log);
  return { job, record: await readRecord(path.join(job.root, 'record/mlops-record.json')), log };
}

/** The record of a new model that Evaluate has approved. */
export async function approvedModel(azure: LocalAzure): Promise<ModelRecord> {
  return (await registerModel(azure, { 'model.txt': 'weights' })).record;
}

/** Deploys and tests it, as a release does that signs what it found. @returns the record with both */
export async function releaseSigned(
  azure: LocalAzure,
  { record }: SignedImage,
  trustedKeys: string,
  signing: Record<string, string>,
): Promise<ModelRecord> {
  const job = new TestJob('build', azure);
  const { serviceConnectionId: azureSubscription, resourceGroup, location } = localCloud;
  const group = `signed-${Date.now()}`;
  const evidence = { requireSignature: 'true', trustedKeys };
  const deployed = await runBuiltTask('DeployACI', {
    job,
    inputs: {
      ...{ azureSubscription, resourceGroup, location, containerGroup: group, dnsNameLabel: group, ...evidence },
      ...{ recordFile: 'record/mlops-record.json', startTimeoutInMinutes: '2' },
      // Other clients may have made identities in the same group.
      userAssignedIdentity: 'quick-starts-identity',
    },
    files: { 'record/mlops-record.json': JSON.stringify(record) },
  });
  assert.equal(deployed.result, 'succeeded', deployed.log.join('\n'));
  const tested = await runBuiltTask('TestEndpoint', {
    job,
    inputs: {
      ...{ azureSubscription, requestsFile: 'requests.json', loadDurationInSeconds: '0', robustness: 'off' },
      ...evidence,
      ...signing,
    },
    files: { 'requests.json': JSON.stringify([{ name: 'one', request: [1], expected: [] }]) },
  });
  assert.equal(tested.result, 'succeeded', tested.log.join('\n'));
  return readRecord(path.join(job.root, 'record/mlops-record.json'));
}
