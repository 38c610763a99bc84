import sinon from 'sinon';
import { ContainerGroups } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { ModelTags } from '../../../tasks/common/azure/ml/modelTags';
import type { AzureServices } from '../../../tasks/TestEndpoint/services';

/** Azure, of which each call is a stub. The connection may do everything; no registry, vault or key is there. */
export function azureDoubles(subscriptionId = 's') {
  const groups = sinon.createStubInstance(ContainerGroups);
  const models = sinon.createStubInstance(ModelTags);
  const none = () => {
    throw new Error('This test has no such service.');
  };
  const azure: AzureServices = {
    subscriptionId,
    health: () => Promise.resolve({ status: 200 }),
    groups: () => groups,
    workspaceId: (resourceGroup, name) => `/${resourceGroup}/${name}`,
    models: () => models,
    registryScope: (host) => ({ find: () => Promise.resolve(undefined), called: host, command: 'c' }),
    requireRights: () => Promise.resolve(),
    registry: none,
    trustedKeys: none,
    signer: none,
  };
  return { azure, groups, models };
}
