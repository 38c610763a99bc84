import { ArmError, localCloud, type Collection, type LocalAzureContext } from '../context';
import type { RegistryAccount } from '../registry/registryAccounts';
import { readRunRequest } from './runRequest';
import { registryId } from './registryAnswer';
import { tasksContainer } from './sourceArchive';
import type { TaskRun } from './taskRun';
import type { TaskRunner } from './taskRunner';

/** Makes runs of what is asked for, by whichever of the service's two ways. */
export class RunScheduling {
  private readonly counters: Collection<number>;
  private readonly createdContainers = new Set<string>();

  constructor(
    private readonly context: LocalAzureContext,
    private readonly runner: TaskRunner,
  ) {
    this.counters = context.collection<number>('acrRunCounters');
  }

  /** @throws ArmError where ACR would not take the request */
  async schedule(account: RegistryAccount, body: unknown, apiVersion: string): Promise<TaskRun> {
    if (this.context.takeFault('acr.tasksNotAllowed')) {
      throw new ArmError(
        403,
        'TasksOperationsNotAllowed',
        `ACR Tasks requests for the registry ${account.name} and ${localCloud.subscriptionId} are not permitted. ` +
          'Please file an Azure support request at http://aka.ms/azuresupport for assistance.',
      );
    }
    const { request, secrets } = readRunRequest(body, apiVersion);
    await this.container(account);
    const number = (this.counters.get(account.name) ?? 0) + 1;
    this.counters.put(account.name, number);
    const now = new Date().toISOString();
    const run: TaskRun = {
      runId: `ca${number.toString(36)}`,
      registry: account.name,
      resourceGroup: account.resourceGroup,
      status: 'Queued',
      provisioningState: 'Succeeded',
      createTime: now,
      lastUpdatedTime: now,
      outputImages: [],
      request,
    };
    this.runner.schedule(run, secrets);
    return run;
  }

  /** The container of the registry's contexts and logs. */
  async container(account: RegistryAccount): Promise<string> {
    const name = tasksContainer(account.name);
    if (!this.createdContainers.has(name)) await this.context.blobs.container(name).createIfNotExists();
    this.createdContainers.add(name);
    return name;
  }

  /** Throws what a planned fault has Azure answer before the request itself is looked at. */
  checkPermission(account: RegistryAccount, action: string): void {
    if (!this.context.takeFault('acr.missingRole')) return;
    throw new ArmError(
      403,
      'AuthorizationFailed',
      `The client does not have authorization to perform action 'Microsoft.ContainerRegistry/registries/${action}' over scope ` +
        `'${registryId(account)}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    );
  }
}
