import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { localCloud } from '../../local/azure/context';
import { localAzure, trafficFile } from '../support/azure';
import { MlWorkspace, workspaceId } from '../support/mlWorkspace';
import { specificationsDirectory, validateTraffic } from './validateTraffic';

const { resourceGroup, workspace, compute } = localCloud;

/** The first page of a list of the SDK, which would go on for ever after the service's links. */
async function firstPage<T>(list: { byPage(): AsyncIterableIterator<T[]> }): Promise<T[]> {
  const page = (await list.byPage().next()) as IteratorResult<T[], undefined>;
  return page.value ?? [];
}

describe('Azure ML in local Azure', function () {
  this.timeout(60_000);
  const specifications = specificationsDirectory();

  before(function () {
    if (specifications) return;
    console.log('      skipped: the official specifications of Azure are not there (AZURE_SPECS)');
    this.skip();
  });

  it('follows the official specification of version 2024-04-01, as the SDK clients use it', async () => {
    const ml = new MlWorkspace(await localAzure());
    const { client } = ml;
    assert.equal((await client.workspaces.get(resourceGroup, workspace)).name, workspace);
    assert.equal((await firstPage(client.workspaces.listByResourceGroup(resourceGroup))).length, 1);
    assert.equal((await firstPage(client.workspaces.listBySubscription())).length, 1);
    assert.equal((await firstPage(client.datastores.list(resourceGroup, workspace, { isDefault: true }))).length, 1);
    await client.datastores.get(resourceGroup, workspace, 'workspaceartifactstore');
    await client.datastores.listSecrets(resourceGroup, workspace, 'workspaceblobstore');
    await firstPage(client.computeOperations.list(resourceGroup, workspace));
    await client.computeOperations.get(resourceGroup, workspace, compute);
    const { value: sizes = [] } = await client.virtualMachineSizes.list(localCloud.location);
    const small = sizes.find(({ name }) => name === 'Standard_DS3_v2')?.estimatedVMPrices;
    assert.deepEqual([small?.billingCurrency, small?.unitOfMeasure, small?.values.length], ['USD', 'OneHour', 4]);

    const codeId = await ml.code({ 'train.py': 'print(1)' });
    const hash = createHash('sha256').update('x').digest('hex');
    await ml.call('GET', ml.arm(`/codes/${codeId.split('/').at(-3)}/versions?hash=${hash}&hashVersion=202208`));
    await firstPage(client.codeContainers.list(resourceGroup, workspace));
    const environmentId = await ml.environment('dependencies: [python=3.11]');
    const environment = environmentId.split('/').at(-3) ?? '';
    await client.environmentVersions.get(resourceGroup, workspace, environment, '1');
    await client.environmentContainers.get(resourceGroup, workspace, environment);
    await firstPage(
      client.environmentVersions.list(resourceGroup, workspace, environment, { orderBy: 'createdtime desc', top: 1 }),
    );
    await client.dataVersions.createOrUpdate(resourceGroup, workspace, 'rows', '1', {
      properties: { dataType: 'uri_folder', dataUri: 'azureml://datastores/workspaceblobstore/paths/rows/' },
    });
    await client.dataVersions.get(resourceGroup, workspace, 'rows', '1');
    await client.componentVersions.createOrUpdate(resourceGroup, workspace, 'step', '1', {
      properties: { componentSpec: { type: 'command', command: 'true', environment: `azureml:${environmentId}` } },
    });

    const job = await ml.submit({
      command: 'sleep 60; echo ${{inputs.rate}}',
      environmentId,
      codeId,
      displayName: 'a job',
      description: 'for the contract',
      tags: { a: 'b' },
      properties: { 'mlflow.source.git.commit': 'c' },
      inputs: {
        rate: { jobInputType: 'literal', value: '0.1' },
        rows: { jobInputType: 'uri_folder', uri: 'azureml:rows:1', mode: 'Direct' },
      },
      outputs: { model: { jobOutputType: 'mlflow_model', mode: 'ReadWriteMount' } },
      distribution: { distributionType: 'PyTorch', processCountPerInstance: 1 },
      limits: { jobLimitsType: 'Command', timeout: 'PT1H' },
      resources: { instanceCount: 1, shmSize: '2g' },
      identity: { identityType: 'AMLToken' },
      queueSettings: { jobTier: 'Standard' },
      environmentVariables: { A: 'b' },
    });
    await client.jobs.get(resourceGroup, workspace, job);
    await firstPage(client.jobs.list(resourceGroup, workspace));
    await ml.cancel(job);
    await ml.untilEnd(job);
    const ended = await client.jobs.get(resourceGroup, workspace, job);
    assert.equal(ended.properties.status, 'Canceled');

    const model = `model-${randomUUID()}`;
    for (const version of ['1', '2']) {
      await client.modelVersions.createOrUpdate(resourceGroup, workspace, model, version, {
        properties: {
          modelType: 'custom_model',
          modelUri: `azureml://jobs/${job}/outputs/artifacts/paths/model/`,
          jobName: job,
          tags: { rmse: '1.5' },
        },
      });
    }
    const latest = await firstPage(
      client.modelVersions.list(resourceGroup, workspace, model, { orderBy: 'createdtime desc', top: 1 }),
    );
    assert.deepEqual(
      latest.map((version) => version.name),
      ['2'],
    );
    const container = await client.modelContainers.get(resourceGroup, workspace, model);
    assert.equal(container.properties.latestVersion, '2');
    assert.equal((container.properties as { nextVersion?: string }).nextVersion, '3');
    await assert.rejects(
      client.modelVersions.createOrUpdate(resourceGroup, workspace, model, '1', {
        properties: { modelUri: `azureml://jobs/${job}/outputs/artifacts/paths/other/` },
      }),
      /Asset paths cannot be updated/,
    );
    await assert.rejects(client.modelVersions.get(resourceGroup, workspace, model, '9'), { statusCode: 404 });
    await ml.call('GET', `${workspaceId}/jobs?api-version=2026-05-01`);

    const { checked, violations } = await validateTraffic(trafficFile, specifications ?? '');

    assert.deepEqual(violations, []);
    assert.ok(Object.keys(checked).length >= 20, JSON.stringify(checked));
    assert.equal(checked['unknown operation'], undefined);
    assert.ok(checked.VirtualMachineSizes_List, JSON.stringify(checked));
  });
});
