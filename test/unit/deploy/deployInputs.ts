import { Secret } from '../../../tasks/common/secret';
import type { Inputs } from '../../../tasks/DeployACI/inputs';
import { serviceConnection } from '../../support/serviceConnection';

/** The inputs of a deployment that says no more than it must. */
export function deployInputs(changes: Partial<Inputs> = {}): Inputs {
  return {
    connection: serviceConnection,
    resourceGroup: 'rg',
    allowImageTag: false,
    requireApproval: true,
    registryAuthentication: { kind: 'managedIdentity' },
    cpu: 1,
    memoryInGB: 1.5,
    environmentVariables: { LEVEL: 'info' },
    secretEnvironmentVariables: { PASSWORD: new Secret('hidden') },
    restartPolicy: 'Always',
    probes: true,
    https: false,
    gatewayImage: 'caddy',
    dnsNameLabelReuse: 'ResourceGroupReuse',
    strategy: 'replace',
    rollbackOnFailure: true,
    keepFailedGroup: false,
    startTimeoutInMinutes: 5,
    tags: {},
    zones: [],
    priority: 'Regular',
    sku: 'Standard',
    ...changes,
  };
}
