import { randomUUID } from 'node:crypto';
import { ArmError, localCloud, type Collection } from '../context';
import { readDeployment, type Deployable, type DeploymentRequest } from './deploymentTemplate';

export interface Deployment extends Deployable {
  name: string;
  resourceGroup: string;
  correlationId: string;
  /** Milliseconds since the epoch. */
  begun: number;
}

/** How long even a deployment of nothing is under way, in milliseconds. */
const duration = 300;

/** The deployments of resource groups, none of which deploys anything. */
export class Deployments {
  constructor(private readonly deployments: Collection<Deployment>) {}

  find(group: string, name: string): Deployment {
    const found = this.deployments.get(`${group}/${name}`);
    if (found) return found;
    throw new ArmError(404, 'DeploymentNotFound', `Deployment '${name}' could not be found.`);
  }

  /** The newest first. */
  list(group: string, filter: string | undefined, size: string | undefined): Deployment[] {
    const [, state] = /^\s*provisioningState\s+eq\s+'(\w+)'\s*$/i.exec(filter ?? '') ?? [];
    if (filter && !state) {
      throw new ArmError(400, 'InvalidFilterInQueryString', `Invalid $filter '${filter}' specified in the query string.`); // prettier-ignore
    }
    const top = Number(size ?? 1000);
    if (!Number.isInteger(top) || top < 1) throw new ArmError(400, 'InvalidTopValue', "The '$top' is not valid.");
    return this.deployments
      .list()
      .map(({ value }) => value)
      .filter(({ resourceGroup }) => resourceGroup.toLowerCase() === group.toLowerCase())
      .filter((deployment) => !state || provisioningState(deployment).toLowerCase() === state.toLowerCase())
      .reverse()
      .slice(0, top);
  }

  put(
    group: string,
    name: string,
    body: DeploymentRequest | undefined,
    correlationId: string = randomUUID(),
  ): { isNew: boolean; deployment: Deployment } {
    const former = this.deployments.get(`${group}/${name}`);
    if (former && isActive(former)) {
      throw new ArmError(
        409,
        'DeploymentActive',
        `Unable to edit or replace deployment '${former.name}': previous deployment from '${new Date(former.begun).toISOString()}' is still active. Please see https://aka.ms/arm-deploy for usage details.`,
      );
    }
    const deployment: Deployment = {
      ...readDeployment(name, body),
      name: former?.name ?? name,
      resourceGroup: former?.resourceGroup ?? group,
      correlationId,
      begun: Date.now(),
    };
    this.deployments.put(`${group}/${name}`, deployment);
    return { isNew: !former, deployment };
  }

  /** What a deployment would be that is not made. */
  validate(resourceGroup: string, name: string, body: DeploymentRequest | undefined): Deployment {
    return { ...readDeployment(name, body), name, resourceGroup, correlationId: randomUUID(), begun: 0 };
  }

  delete(group: string, name: string): boolean {
    return this.deployments.delete(`${group}/${name}`);
  }
}

export const isActive = ({ begun }: Deployment): boolean => Date.now() < begun + duration;

const provisioningState = (deployment: Deployment): string => (isActive(deployment) ? 'Accepted' : 'Succeeded');

export const deploymentId = ({ resourceGroup, name }: Deployment): string =>
  `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Resources/deployments/${name}`;

export const deploymentAnswer = (deployment: Deployment) => ({
  id: deploymentId(deployment),
  name: deployment.name,
  type: 'Microsoft.Resources/deployments',
  properties: {
    templateHash: deployment.templateHash,
    parameters: deployment.parameters,
    mode: deployment.mode,
    provisioningState: provisioningState(deployment),
    timestamp: new Date(deployment.begun).toISOString(),
    duration: isActive(deployment) ? 'PT0S' : `PT${duration / 1000}S`,
    correlationId: deployment.correlationId,
    providers: [],
    dependencies: [],
  },
});
