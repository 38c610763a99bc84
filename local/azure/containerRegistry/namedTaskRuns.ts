import { createHash } from 'node:crypto';
import { ArmError, type Collection, type LocalAzureContext } from '../context';
import type { RegistryAccount } from '../registry/registryAccounts';
import type { RunScheduling } from './runScheduling';
import type { TaskRun } from './taskRun';
import { runKey } from './taskRunner';

/** A run as a resource, under a name that its client chose. */
export interface NamedTaskRun {
  name: string;
  registry: string;
  /** Its latest run. */
  runId: string;
  forceUpdateTag?: string;
  /** Of the request that made the run, secrets and all: only a hash is kept. */
  requestHash: string;
}

/** What a task run's body may hold. Source: azure-specs 2019-06-01-preview, TaskRun. */
export interface TaskRunBody {
  properties?: { runRequest?: unknown; forceUpdateTag?: unknown };
}

/**
 * The task runs of registries. Writing one runs what it asks for, unless neither its request nor its forceUpdateTag has changed
 * since: so says the specification of forceUpdateTag.
 */
export class NamedTaskRuns {
  private readonly named: Collection<NamedTaskRun>;
  /** Writes of one resource come one after the other, as in Azure. */
  private readonly writes = new Map<string, Promise<unknown>>();

  constructor(
    context: LocalAzureContext,
    private readonly runs: Collection<TaskRun>,
    private readonly scheduling: RunScheduling,
  ) {
    this.named = context.collection<NamedTaskRun>('acrTaskRuns');
  }

  list(account: RegistryAccount): NamedTaskRun[] {
    return this.named
      .list()
      .map(({ value }) => value)
      .filter(({ registry }) => registry === account.name);
  }

  find(account: RegistryAccount, name: string): NamedTaskRun | undefined {
    return this.named.get(keyOf(account, name));
  }

  run({ registry, runId }: NamedTaskRun): TaskRun {
    return this.runs.get(runKey(registry, runId)) as TaskRun;
  }

  /** @returns whether it is a new resource */
  async put(account: RegistryAccount, name: string, body: TaskRunBody | undefined): Promise<boolean> {
    if (!/^[a-zA-Z0-9-]{5,50}$/.test(name)) {
      throw new ArmError(
        400,
        'InvalidTaskRunName',
        `The task run name '${name}' is invalid. It must have 5 to 50 letters, digits and hyphens.`,
      );
    }
    const key = keyOf(account, name);
    const write = (this.writes.get(key) ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.write(account, name, body));
    this.writes.set(key, write);
    return write;
  }

  /** The run that it made stays. */
  delete(account: RegistryAccount, name: string): void {
    this.named.delete(keyOf(account, name));
  }

  private async write(account: RegistryAccount, name: string, body: TaskRunBody | undefined): Promise<boolean> {
    this.scheduling.checkPermission(account, 'taskRuns/write');
    const { runRequest, forceUpdateTag } = body?.properties ?? {};
    if (forceUpdateTag !== undefined && typeof forceUpdateTag !== 'string')
      throw new ArmError(400, 'InvalidRequestContent', "The property 'forceUpdateTag' must be a text.");
    const known = this.find(account, name);
    const requestHash = createHash('sha256')
      .update(JSON.stringify(runRequest ?? null))
      .digest('hex');
    if (known?.requestHash === requestHash && known.forceUpdateTag === forceUpdateTag) return false;
    const { runId } = await this.scheduling.schedule(account, runRequest, '2019-06-01-preview');
    this.named.put(keyOf(account, name), { name, registry: account.name, runId, forceUpdateTag, requestHash });
    return !known;
  }
}

const keyOf = (account: RegistryAccount, name: string): string => `${account.name}/${name.toLowerCase()}`;
