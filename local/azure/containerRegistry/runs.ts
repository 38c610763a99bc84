import { ArmError, type Collection, type LocalAzureContext } from '../context';
import type { RegistryAccount } from '../registry/registryAccounts';
import { runAnswer } from './runAnswer';
import type { RunScheduling } from './runScheduling';
import { sourcePath } from './sourceArchive';
import { isFinished, type TaskRun } from './taskRun';
import { runKey, type TaskRunner } from './taskRunner';

/** The runs of ACR Tasks. */
export class Runs {
  constructor(
    private readonly blobs: LocalAzureContext['blobs'],
    private readonly runs: Collection<TaskRun>,
    private readonly runner: TaskRunner,
    private readonly scheduling: RunScheduling,
  ) {}

  /**
   * Where the sources of a run are to be uploaded.
   * @param id which the path holds
   */
  async uploadPlace(account: RegistryAccount, id: string) {
    this.scheduling.checkPermission(account, 'listBuildSourceUploadUrl/action');
    const relativePath = sourcePath(id, new Date());
    return { uploadUrl: await this.sasUrl(account, relativePath, 'rcw'), relativePath };
  }

  schedule(account: RegistryAccount, body: unknown, apiVersion: string): Promise<TaskRun> {
    this.scheduling.checkPermission(account, 'scheduleRun/action');
    return this.scheduling.schedule(account, body, apiVersion);
  }

  get(account: RegistryAccount, id: string): TaskRun {
    const run = this.runs.get(runKey(account.name, id));
    if (run) return run;
    throw new ArmError(404, 'RunNotFound', `The run '${id}' was not found in the registry '${account.name}'.`);
  }

  /** What Azure tells of a registry's runs, the newest first. */
  list(account: RegistryAccount, filter: string | undefined, most: string | undefined) {
    const wanted = readFilter(filter);
    const found = this.runs
      .list()
      .map((entry) => entry.value)
      .filter((run) => run.registry.toLowerCase() === account.name.toLowerCase())
      .map((run) => runAnswer(run, account))
      .filter((run) => wanted(run.properties))
      .reverse();
    const top = Number(most ?? 100);
    if (!Number.isInteger(top) || top < 1) {
      throw new ArmError(400, 'InvalidTopValue', `'${most}' is not a valid value of '$top'.`);
    }
    return found.slice(0, top);
  }

  logUrl(account: RegistryAccount, { runId }: TaskRun): Promise<string> {
    return this.sasUrl(account, `logs/${runId}/rawtext.log`, 'r');
  }

  /** @returns whether there was something to end */
  cancel(run: TaskRun): boolean {
    if (isFinished(run)) return false;
    this.runner.cancel(run);
    return true;
  }

  private async sasUrl(account: RegistryAccount, blob: string, permissions: string): Promise<string> {
    return this.blobs.sasUrl(await this.scheduling.container(account), { blob, permissions, expiresInMinutes: 60 });
  }
}

/** Source: azure-specs 2019-06-01-preview, RunFilter. */
const filterable = ['runId', 'runType', 'status', 'createTime', 'finishTime', 'taskName', 'isArchiveEnabled'];

/** `runId eq 'ca1' and status eq 'Running'`: what clients ask for; anything else would be a wrong answer, so it is refused. */
function readFilter(filter = ''): (properties: object) => boolean {
  const conditions = filter
    .split(/\s+and\s+/i)
    .filter((part) => part.trim() !== '')
    .map((condition) => {
      const [, name = '', value = ''] = /^\s*(\w+)\s+eq\s+'([^']*)'\s*$/i.exec(condition) ?? [];
      const key = filterable.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
      if (!key) throw new ArmError(400, 'InvalidFilter', `The filter '${filter}' is not valid for runs.`);
      return { key, value: value.toLowerCase() };
    });
  return (properties) => {
    const values = new Map<string, unknown>(Object.entries(properties));
    return conditions.every(({ key, value }) => String(values.get(key)).toLowerCase() === value);
  };
}
