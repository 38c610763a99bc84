import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { NeededRole } from '../../../tasks/common/azure/rights/neededRole';
import { previousDeploymentVariable } from '../../../tasks/common/deployment/previousDeployment';
import { writeRecord } from '../../../tasks/common/record/recordFile';
import { Secret } from '../../../tasks/common/secret';
import { findSubject } from '../../../tasks/TestEndpoint/endpointToTest';
import { taskContext } from '../../support/taskContext';
import { exampleRecord } from '../common/modelCard/exampleRecord';
import { azureDoubles } from './azureDoubles';

describe('Test-Endpoint: the roles that it asks for', () => {
  const record = exampleRecord();
  const identity =
    '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller';
  let directory: string;

  beforeEach(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'endpoint-'))));
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  /** @param handedOver what Deploy-ACI left in the job */
  async function asked(handedOver: string, rollbackOnFailure = true): Promise<Array<NeededRole['scope']>> {
    const recordFile = path.join(directory, 'record.json');
    const requestsFile = path.join(directory, 'requests.json');
    writeRecord(recordFile, record);
    fs.writeFileSync(requestsFile, JSON.stringify([{ name: 'one', request: [1] }]));
    const scopes: Array<NeededRole['scope']> = [];
    const requireRights = (roles: readonly NeededRole[]) => {
      scopes.push(...roles.map(({ scope }) => scope));
      return Promise.resolve();
    };
    const jobSecrets = {
      get: (name: string) => (name === previousDeploymentVariable ? new Secret(handedOver) : undefined),
      set: () => undefined,
    };
    const { context } = taskContext(directory, { jobSecrets });
    const scoringUri = new URL('https://elsewhere.example/score');
    const inputs = {
      scoringUri,
      recordFile,
      requestsFile,
      tolerance: { absolute: 0, relative: 0 },
      promoteToChampion: false,
      rollbackOnFailure,
    };
    await findSubject(inputs, { ...azureDoubles().azure, requireRights }, context);
    return scopes;
  }

  const left = (groupId: string) => {
    const definition = { identity: { type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } } };
    return Buffer.from(JSON.stringify({ groupId, definition, missing: [] })).toString('base64');
  };
  const { containerGroupId } = record.deployment!;

  it('are those on what ran before in the same container group', async () => {
    assert.ok((await asked(left(containerGroupId.toUpperCase()))).includes(identity));
    assert.deepEqual(await asked(left(`${containerGroupId}-b`)), [containerGroupId]);
  });

  it('take nothing from what ran before where it is not brought back', async () =>
    assert.deepEqual(await asked('this cannot be decoded', false), []));
});
