import path from 'node:path';
import { builtTasks } from './agent/pipeline/taskCatalog';
import { readPipeline } from './agent/pipeline/readPipeline';
import { checkServiceConnections } from './agent/pipeline/serviceConnections';
import { classicPlan } from './agent/classic/classicPlan';
import type { PipelinePlan } from './agent/pipeline/plan';
import { ensureBuiltTasks } from './agent/builtTasks';
import { sourceVariables, type SourceVersion } from './agent/jobVariables';
import { closingReport } from './agent/run/closingReport';
import { VariableGroups } from './agent/pipeline/variableGroups';
import { runPipeline } from './agent/run/pipelineRun';
import { asPullRequest, defaultBranch } from './agent/run/pullRequest';
import type { RunRecord } from './agent/run/runRecord';
import { repositoryRoot, sourceVersion } from './agent/run/sources';
import { painter, Terminal } from './agent/run/terminal';
import type { HostType } from './agent/stepContext';
import { writeRunPage } from './agent/page/runPage';
import { localCloud } from './azure/context';
import { takeFileLock } from './azure/processes/fileLock';
import { processStartTime } from './azure/processes/processRecords';
import { addressOf } from './addresses';
import { cloudLogFile, startCloud, type CloudProcess } from './cloudProcess';
import { makeStateFolder, type LocalDirectories } from './directories';
import { checkPython, fetchPackagesAhead } from './neededPython';
import { printedCommand } from './printedCommand';
import { Interruption } from './interruption';

export interface LocalRunOptions {
  /** The pipeline file; of a classic pipeline what stands for it, in the repository that is built. */
  file: string;
  /** A classic pipeline made of the extension's template, instead of a file. */
  classic?: HostType;
  directories: LocalDirectories;
  set: Record<string, string>;
  secrets: Record<string, string>;
  stages?: string[];
  /** Names of tasks to leave out. */
  skipTasks?: string[];
  hostType?: HostType;
  /** What the variable groups hold. */
  variablesFile?: string;
  /** The number of the pull request that the run is for. */
  pullRequest?: number;
  /** The run whose failed jobs are to run again, with its folder. */
  rerun?: { run: RunRecord; folder: string };
  timestamps: boolean;
}

/**
 * Runs a pipeline of this machine against the local Azure, which is started for it if it is not up, and shows it in the
 * terminal. Gives the exit code: 0 only for a run that succeeded.
 */
export async function runLocally(options: LocalRunOptions): Promise<number> {
  const { directories } = options;
  makeStateFolder(directories.root);
  const lock = takeFileLock(path.join(directories.work, 'agent.lock'));
  if ('owner' in lock) {
    throw new Error(
      `Another run is in progress in ${directories.root} (process ${lock.owner.pid}): wait for it, ` +
        'stop it, or choose another folder with --directory.',
    );
  }
  const interruption = new Interruption();
  const ahead = new AbortController();
  let cloud: CloudProcess | undefined;
  try {
    const built = await ensureBuiltTasks();
    if (built.length > 0) console.log(`Built the tasks ${built.join(', ')}.`);
    const source = sourceOf(options);
    const plan = planOf(options, source);
    const place = { repository: repositoryRoot(options.file), cacheDir: directories.cache };
    await checkPython(plan, options.stages, place);
    void fetchPackagesAhead(plan, options.stages, place, ahead.signal).catch(() => undefined);
    cloud = await startCloud(directories, { tied: true, signal: interruption.signal });
    const present = cloud;
    interruption.onForce(() => present.wasUp || present.kill());
    console.log(`Local Azure ${cloud.wasUp ? 'is up' : 'has started'} at ${cloud.azure.url}`);
    return await run({ ...options, source }, plan, cloud, interruption);
  } finally {
    ahead.abort();
    if (cloud && !cloud.wasUp) await cloud.stop();
    lock.release();
    interruption.dispose();
    if (interruption.signal.aborted) console.log('The step and everything that was started for this run have stopped.');
  }
}

/** What the pick lists of the designer would offer: the local cloud's own. */
const offered: Record<string, string> = {
  azureSubscription: localCloud.serviceConnectionName,
  resourceGroup: localCloud.resourceGroup,
  workspace: localCloud.workspace,
};

function planOf(options: LocalRunOptions, source: SourceVersion): PipelinePlan {
  const { file, classic, set, skipTasks, variablesFile, rerun } = options;
  const tasks = builtTasks();
  if (classic) return classicPlan(classic, { tasks, chosen: offered, set });
  return readPipeline(file, {
    tasks,
    set,
    skipTasks,
    predefined: sourceVariables(source),
    groups: variablesFile === undefined ? undefined : new VariableGroups(variablesFile),
    startTime: rerun && new Date(rerun.run.startTime),
  });
}

function sourceOf({ file, pullRequest, rerun }: LocalRunOptions): SourceVersion {
  const root = repositoryRoot(file);
  const source = rerun?.run.source ?? sourceVersion(root);
  return pullRequest === undefined ? source : asPullRequest(source, pullRequest, defaultBranch(root));
}

async function run(
  options: LocalRunOptions & { source: SourceVersion },
  plan: PipelinePlan,
  cloud: CloudProcess,
  interruption: Interruption,
): Promise<number> {
  const { azure } = cloud;
  const endpoints = [azure.serviceConnection('WorkloadIdentityFederation')];
  checkServiceConnections(plan, endpoints);
  const watch = watchCloud(cloud, options.directories, interruption);
  const terminal = new Terminal(process.stdout, options.timestamps);
  try {
    const { run, folder } = await runPipeline(plan, {
      ...options,
      // A release stage works on what the last build published.
      stages: options.classic === 'release' ? plan.stages.map(({ name }) => name) : options.stages,
      runs: options.directories.runs,
      workFolder: options.directories.work,
      endpoints,
      environment: azure.environment,
      oidcRequestUri: azure.oidcRequestUri,
      accessToken: azure.systemAccessToken,
      signal: interruption.signal,
      observer: terminal,
    });
    const page = writeRunPage(run, folder);
    console.log(
      closingReport({
        run,
        folder,
        page,
        addressOf: (name) => addressOf(azure.hostsFile, name),
        upCommand: cloud.wasUp ? undefined : printedCommand('up', options.directories),
        rerunCommand: printedCommand('rerun', options.directories),
        paint: painter(process.stdout),
      }),
    );
    return exitCode(run);
  } finally {
    clearInterval(watch);
  }
}

/** Of a run that let an error pass (continueOnError) it is 0, as what waits for it runs; an interrupted one gives what a shell gives. */
export function exitCode({ result, errors }: Pick<RunRecord, 'result' | 'errors'>): number {
  if (result === 'canceled' && errors.length === 0) return 130;
  return result === 'succeeded' || result === 'succeededWithIssues' ? 0 : 1;
}

/** A local Azure that was killed takes the run with it: the steps would only wait for it in vain. */
function watchCloud(cloud: CloudProcess, directories: LocalDirectories, interruption: Interruption): NodeJS.Timeout {
  const startTime = processStartTime(cloud.pid);
  return setInterval(() => {
    if (processStartTime(cloud.pid) === startTime || interruption.signal.aborted) return;
    const log = cloudLogFile(directories);
    interruption.end(new Error(`Local Azure stopped in the middle of the run; run the command again. Its log: ${log}`));
  }, 1000).unref();
}
