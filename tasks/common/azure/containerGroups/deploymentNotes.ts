import { createHash } from 'node:crypto';
import type { Clock } from '../../clock';
import { isAzureFailure } from '../http/azureFailure';
import type { AzureSession } from '../http/session';

const apiVersion = '2021-04-01';
const betweenTries = 2_000;
const tries = 10;

/** A deployment of the resource manager that deploys nothing: it keeps its parameter. */
const template = {
  $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
  contentVersion: '1.0.0.0',
  metadata: { description: 'Deploys nothing. A pipeline task keeps a note here.' },
  // Text, and not an object: the resource manager would rewrite what looks like a date in it.
  parameters: { note: { type: 'string' } },
  resources: [],
};

/**
 * Notes that outlive the agent, kept in the deployment history of a resource group. Whoever may read the resources of the
 * group reads them too, so that they must hold no secret. Roles that may write resources may write deployments as well.
 * Source: Microsoft.Resources/deployments 2021-04-01; its answers hold the parameters from the first moment on.
 */
export class DeploymentNotes {
  constructor(
    private readonly session: AzureSession,
    private readonly resourceGroup: string,
  ) {}

  /** @returns undefined where there is no such note, or where it is empty */
  async read(name: string, signal: AbortSignal): Promise<string | undefined> {
    interface Deployment {
      properties?: { parameters?: { note?: { value?: string } } };
    }
    const { status, body } = await this.session.request<Deployment>({
      url: this.url(name),
      apiVersion,
      accept: [404],
      shape: 'object',
      signal,
    });
    return (status === 404 ? undefined : body.properties?.parameters?.note?.value) || undefined;
  }

  /**
   * Writes a note in place of the former one of that name. An emptied one stays in the history: the name of a deployment that
   * is being deleted would be taken for a while.
   */
  async write(name: string, text: string, clock: Clock, signal: AbortSignal): Promise<void> {
    const body = { properties: { mode: 'Incremental', template, parameters: { note: { value: text } } } };
    for (let left = tries; ; left--) {
      try {
        await this.session.request({ method: 'PUT', url: this.url(name), apiVersion, body, signal });
        return;
      } catch (error) {
        // The former one is not at its end for a moment.
        if (!isAzureFailure(error, 409) || error.code !== 'DeploymentActive' || left === 1) throw error;
        await clock.sleep(betweenTries, signal);
      }
    }
  }

  private url(name: string): string {
    const { subscriptionId } = this.session.connection;
    return `/subscriptions/${subscriptionId}/resourceGroups/${encodeURIComponent(this.resourceGroup)}/providers/Microsoft.Resources/deployments/${deploymentName(name)}`;
  }
}

/** Deployments have names of at most 64 letters, digits and . _ - ( ). */
function deploymentName(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `mlops-${name.replace(/[^\w.()-]/g, '-').slice(0, 49)}-${hash}`;
}
