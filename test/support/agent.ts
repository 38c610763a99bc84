import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { builtTasksDir, ensureBuiltTasks } from '../../local/agent/builtTasks';
import { jobFolders, jobVariables, localProject, type JobFolders } from '../../local/agent/jobVariables';
import { SecretMasker } from '../../local/agent/secretMasker';
import type { ServiceEndpoint } from '../../local/serviceEndpoint';
import type { HostType } from '../../local/agent/stepContext';
import { systemConnection } from '../../local/agent/taskEnvironment';
import { runTaskStep, type TaskStepOptions, type TaskStepResult } from '../../local/agent/taskStep';
import type { Variables } from '../../local/agent/variables';
import type { LocalAzure } from '../../local/azure';
import { taskNode } from './node';

/** One job on one agent: steps that run in it share folders, variables and what is secret. */
export class TestJob {
  readonly folders: JobFolders;
  readonly variables: Variables;
  readonly masker = new SecretMasker();
  readonly prependPath: string[] = [];

  constructor(
    readonly hostType: HostType = 'build',
    readonly azure?: LocalAzure,
  ) {
    this.folders = jobFolders(temporaryFolder(), hostType);
    for (const folder of Object.values(this.folders)) mkdirSync(folder, { recursive: true });
    this.variables = jobVariables({
      hostType,
      folders: this.folders,
      runId: 7,
      startTime: new Date().toISOString(),
      pipelineName: 'quickstart',
      stage: { name: 'Build', displayName: 'Build' },
      job: { name: 'Train', displayName: 'Train' },
      source: {
        branch: 'refs/heads/main',
        commit: '0123456789abcdef0123456789abcdef01234567',
        message: 'A commit',
        author: 'A committer',
        repository: 'quick-starts',
      },
      oidcRequestUri: azure?.oidcRequestUri,
      accessToken: azure?.systemAccessToken,
    });
  }

  /** Writes files beneath the sources folder (of a release: the artifacts folder), by relative path. */
  write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.root, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  /** The folder that relative paths in inputs start from. */
  get root(): string {
    return this.hostType === 'build' ? this.folders.sources : this.folders.artifacts;
  }
}

export interface BuiltTaskOptions extends Omit<
  TaskStepOptions,
  'taskFolder' | 'workFolder' | 'hostType' | 'variables' | 'masker' | 'prependPath'
> {
  /** The job that the step belongs to; one of its own unless given. */
  job?: TestJob;
  /** For a job of its own: */
  hostType?: HostType;
  azure?: LocalAzure;
  /** More variables of the job. */
  variables?: Record<string, string>;
  secretVariables?: Record<string, string>;
  /** Files that the job finds, by path relative to its root folder. */
  files?: Record<string, string>;
  /** Service connections; with a local Azure its federated one, unless given. */
  endpoints?: ServiceEndpoint[];
}

/**
 * Runs a built task as an agent would, and checks what holds for every task however it ends: each `##vso` line is a
 * command that the agent reads, none is refused by the host, and nothing secret shows.
 */
export async function runBuiltTask(
  folder: string,
  options: BuiltTaskOptions = {},
): Promise<TaskStepResult & { job: TestJob }> {
  await ensureBuiltTasks([folder]);
  const { job = new TestJob(options.hostType, options.azure), variables, secretVariables, files, ...step } = options;
  job.write(files ?? {});
  for (const [name, value] of Object.entries(variables ?? {})) job.variables.set(name, value);
  for (const [name, value] of Object.entries(secretVariables ?? {})) job.variables.set(name, value, { secret: true });
  const { azure } = job;
  const endpoints = [
    ...(options.endpoints ?? (azure ? [azure.serviceConnection('WorkloadIdentityFederation')] : [])),
    ...(azure ? [systemConnection(localProject.collectionUri, azure.systemAccessToken)] : []),
  ];
  const result = await runTaskStep({
    nodePath: taskNode,
    ...step,
    taskFolder: path.join(builtTasksDir, folder),
    workFolder: job.folders.work,
    hostType: job.hostType,
    variables: job.variables,
    masker: job.masker,
    prependPath: job.prependPath,
    endpoints,
    environment: { ...azure?.environment, ...options.environment },
  });
  assertKeepsProtocol(result);
  assertHidesSecrets(result, job, endpoints);
  return { ...result, job };
}

/** Commands of the wrong host or shape end as errors of the step with these words; a task must never cause one. */
const refusals = /commands are not supported for|Unable to process command|Cannot find command extension/;

function assertKeepsProtocol(result: TaskStepResult): void {
  assert.deepEqual(result.unreadableCommands, [], 'lines with ##vso that the agent cannot read');
  const refused = result.log.filter((line) => refusals.test(line));
  assert.deepEqual(refused, [], 'logging commands that the agent refused');
}

/** Commands by which a task says what is secret; they hold the value of necessity. */
function declaresSecret(command: { event: string; properties: Record<string, string> }): boolean {
  return command.event === 'setsecret' || command.properties.issecret === 'true';
}

function assertHidesSecrets(result: TaskStepResult, job: TestJob, endpoints: ServiceEndpoint[]): void {
  const declared = result.commands.filter(declaresSecret).map(({ data }) => data);
  const variables = job.variables.list().filter(({ secret }) => secret);
  const secretParameters = ['serviceprincipalkey', 'servicePrincipalCertificate', 'AccessToken'];
  const parameters = endpoints.flatMap(({ auth }) => secretParameters.map((name) => auth.parameters[name] ?? ''));
  const secrets = [...declared, ...variables.map(({ value }) => value), ...parameters]
    .flatMap((secret) => secret.split(/\r?\n/))
    .filter((line) => line.trim().length >= 4 && !line.startsWith('-----'));

  // task-lib's own debug lines repeat inputs; the agent masks those, so here its masked log is looked at instead.
  const spoken = result.rawOutput
    .split('\n')
    .filter((line) => !/##vso\[task\.(debug|setsecret)\]|issecret=true/i.test(line));
  const files = [
    ...result.attachments,
    ...result.artifacts,
    ...result.testRuns.flatMap(({ files }) => files.map((file) => ({ path: file }))),
  ];
  const stored = files.map(({ path: file }) =>
    statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file, 'utf8') : '',
  );
  for (const secret of secrets) {
    const leak = [...spoken, ...result.log, ...stored].find((line) => line.includes(secret));
    assert.equal(leak?.replaceAll(secret, '<the secret>'), undefined, 'a line or file shows a secret');
  }
}

let temporaryRoot: string | undefined;

/** A folder of its own, gone when the tests have ended. */
export function temporaryFolder(): string {
  if (!temporaryRoot) {
    const created = mkdtempSync(path.join(os.tmpdir(), 'mlops-agent-'));
    process.once('exit', () => rmSync(created, { recursive: true, force: true }));
    temporaryRoot = created;
  }
  return mkdtempSync(path.join(temporaryRoot, 'job-'));
}
