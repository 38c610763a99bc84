import { existsSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { addressOf } from './addresses';
import { curlLine } from './agent/run/closingReport';
import { timeTaken } from './agent/run/duration';
import { readRunRecord } from './agent/run/runFolder';
import { resultLook } from './agent/run/terminal';
import type { HostType } from './agent/stepContext';
import { localCloud } from './azure/context';
import { cloudLogFile, findCloud, startCloud, type CloudProcess } from './cloudProcess';
import {
  directoriesOf,
  directoryOptions,
  main,
  readPullRequest,
  readSecrets,
  readSet,
  runHelp,
  runOptions,
  withPullRequestNumber,
} from './commandLine';
import { callerFolder, makeStateFolder, type LocalDirectories } from './directories';
import { isPackaged } from './installation';
import { printedCommand, programName } from './printedCommand';
import { initProject } from './init/init';
import { endpointListens, lastDeployment, waitForEndpoint, type LastDeployment } from './lastDeployment';
import { Interruption } from './interruption';
import { runLocally } from './localRun';

const help = `${isPackaged ? 'mlops-local' : 'npm run local --'} <command> [options]

  up                     start local Azure and keep it running; its container groups start again
      --foreground       stay in this terminal until Ctrl-C
      --port n           (default: the port of the last start, or a free one)
  down                   stop it, with everything that it runs
  status                 what is running, and how the last run ended
  run <pipeline.yml>     run a pipeline on this machine
      --stage name       only this stage, with the artifacts of the last run; may be repeated
      --host release     as a stage of a classic release
  rerun [run]            run the failed jobs of a run (default: the last) again, and the jobs that depend on them
  run --classic build    a classic pipeline made from the extension's template, on the repository in this folder
  run --classic release  its release: deploys and tests what the last run published
  init                   look at the project in this folder and write a pipeline for it; overwrites nothing
  reset                  stop it and forget everything except the cache

Options of a run:
${runHelp}`;

const commands: Record<string, (args: string[]) => Promise<number>> = {
  up,
  down,
  status,
  run,
  rerun,
  init,
  reset,
};

main(async () => {
  const [name = '--help', ...args] = process.argv.slice(2);
  if (name === '--help' || name === 'help' || args.includes('--help')) {
    console.log(help);
    return 0;
  }
  const command = commands[name];
  if (!command) throw new Error(`No such command: ${name}. There are: ${Object.keys(commands).join(', ')} and --help.`);
  return command(args);
});

function parse<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T) {
  return parseArgs({ args, options, allowPositionals: true });
}

async function up(args: string[]): Promise<number> {
  const { values } = parse(args, { ...directoryOptions, foreground: { type: 'boolean' }, port: { type: 'string' } });
  const directories = directoriesOf(values);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new Error(`--port needs a port number, but got '${values.port}'.`);
  }
  makeStateFolder(directories.root);
  const cloud = await startCloud(directories, { port, tied: values.foreground === true });
  const isTied = values.foreground && !cloud.wasUp;
  describe(cloud, cloud.wasUp ? 'is already up' : 'is up', directories);
  if (!isTied) console.log(`Stop it with: ${printedCommand('down', directories)}`);
  const last = lastDeployment(directories);
  if (last) {
    const { scoringUri } = last.record.deployment!;
    console.log(`\nWaiting for ${scoringUri} ...`);
    showEndpoint(last, await waitForEndpoint(scoringUri, cloud.azure.hostsFile), cloud, directories);
  }
  if (isTied) {
    console.log('\nPress Ctrl-C to stop it.');
    const interruption = new Interruption();
    interruption.onForce(() => cloud.kill());
    await new Promise((resolve) => {
      interruption.signal.addEventListener('abort', resolve);
      // Nothing else keeps this process alive.
      setInterval(() => {}, 1 << 30);
    });
    await cloud.stop();
  }
  return 0;
}

function describe({ azure, pid }: CloudProcess, state: string, directories: LocalDirectories): void {
  console.log(`Local Azure ${state} (process ${pid})

  resource manager     ${azure.url}
  blobs                ${azure.blobUrl}
  workspace            ${localCloud.resourceGroup}/${localCloud.workspace} in subscription ${localCloud.subscriptionId}
  compute              ${localCloud.compute}
  service connection   ${localCloud.serviceConnectionName}
  its CA               ${azure.caFile}
  its log              ${cloudLogFile(directories)}
`);
}

/** Says how the container group of the last green run is called. */
function showEndpoint(
  { record, folder }: LastDeployment,
  isListening: boolean,
  { azure }: CloudProcess,
  directories: LocalDirectories,
): void {
  console.log(
    isListening
      ? `It is listening; call it with:\n${curlLine(record, folder, (name) => addressOf(azure.hostsFile, name))}`
      : `It is not listening; see ${cloudLogFile(directories)}`,
  );
}

async function down(args: string[]): Promise<number> {
  const directories = directoriesOf(parse(args, directoryOptions).values);
  const cloud = findCloud(directories);
  await cloud?.stop();
  console.log(cloud ? 'Local Azure has stopped.' : 'Local Azure was not running.');
  return 0;
}

async function status(args: string[]): Promise<number> {
  const directories = directoriesOf(parse(args, directoryOptions).values);
  const cloud = findCloud(directories);
  if (cloud) {
    describe(cloud, 'is up', directories);
    const last = lastDeployment(directories);
    if (last) {
      const { containerGroup, scoringUri } = last.record.deployment!;
      console.log(`The last run that deployed created ${containerGroup}, at ${scoringUri}`);
      showEndpoint(last, await endpointListens(scoringUri, cloud.azure.hostsFile), cloud, directories);
    }
  } else console.log(`Local Azure is not running; start it with: ${printedCommand('up', directories)}`);
  const folder = path.join(directories.runs, 'latest');
  if (existsSync(path.join(folder, 'run.json'))) {
    const record = readRunRecord(folder);
    const result = record.result ? resultLook[record.result].text : 'is not finished';
    console.log(`\nThe last run, ${record.id} of ${record.file}, ${result} (${timeTaken(record)}).`);
    console.log(`Its page: ${path.join(folder, 'index.html')}`);
  }
  return 0;
}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parse(withPullRequestNumber(args), {
    ...runOptions,
    stage: { type: 'string', multiple: true },
    host: { type: 'string', default: 'build' },
    classic: { type: 'string' },
  });
  const { classic } = values;
  if (classic !== undefined && classic !== 'build' && classic !== 'release') {
    throw new Error(`--classic must be build or release, not '${classic}'.`);
  }
  const pipeline = classic ? path.join(callerFolder(), `classic-${classic}`) : pipelineFile(positionals);
  if (values.host !== 'build' && values.host !== 'release') {
    throw new Error(`--host must be build or release, not '${values.host}'.`);
  }
  return runLocally({
    file: pipeline,
    directories: directoriesOf(values),
    set: readSet(values.set),
    secrets: readSecrets(values.secret),
    stages: values.stage,
    skipTasks: values['skip-task'],
    variablesFile: fromCaller(values.variables),
    pullRequest: readPullRequest(values['pull-request']),
    classic,
    hostType: classic ?? (values.host satisfies HostType),
    timestamps: values.timestamps,
  });
}

async function rerun(args: string[]): Promise<number> {
  const { values, positionals } = parse(args, runOptions);
  const directories = directoriesOf(values);
  const [id = 'latest', ...rest] = positionals;
  if (rest.length > 0) throw new Error(`rerun takes the number of one run: ${programName()} rerun 3`);
  const folder = realpathOf(path.join(directories.runs, id));
  if (!folder) throw new Error(`There is no run ${id} in ${directories.runs}.`);
  const earlier = readRunRecord(folder);
  if (earlier.result === 'succeeded' || earlier.result === 'succeededWithIssues') {
    throw new Error(`Run ${earlier.id} ${resultLook[earlier.result].text}, so there is no job to run again.`);
  }
  const { again, set, hostType } = earlier;
  return runLocally({
    file: again.file,
    classic: again.classic,
    directories,
    set: { ...set, ...readSet(values.set) },
    secrets: readSecrets([...new Set([...again.secretNames, ...(values.secret ?? [])])]),
    stages: again.stages,
    skipTasks: values['skip-task'] ?? again.skipTasks,
    variablesFile: fromCaller(values.variables) ?? again.variablesFile,
    hostType,
    rerun: { run: earlier, folder },
    timestamps: values.timestamps,
  });
}

function fromCaller(file: string | undefined): string | undefined {
  return file === undefined ? undefined : path.resolve(callerFolder(), file);
}

function realpathOf(folder: string): string | undefined {
  return existsSync(path.join(folder, 'run.json')) ? realpathSync(folder) : undefined;
}

function pipelineFile([file, ...rest]: string[]): string {
  if (!file || rest.length > 0)
    throw new Error(`run needs one pipeline file: ${programName()} run azure-pipelines.yml`);
  const pipeline = path.resolve(callerFolder(), file);
  if (!existsSync(pipeline)) throw new Error(`There is no file ${pipeline}.`);
  return pipeline;
}

async function init(args: string[]): Promise<number> {
  parse(args, {});
  const { found, written, open } = initProject(callerFolder());
  console.log(['Found', ...found.map((line) => `  ${line}`)].join('\n'));
  console.log(['Wrote', ...written.map((file) => `  ${file}`)].join('\n'));
  if (open.length > 0) console.log(['Left for you to do', ...open.map((line) => `  ${line}`)].join('\n'));
  console.log(`\nRun it on this machine:\n  ${programName()} run azure-pipelines.yml`);
  return 0;
}

async function reset(args: string[]): Promise<number> {
  const directories = directoriesOf(parse(args, directoryOptions).values);
  await findCloud(directories)?.stop();
  for (const folder of [directories.azure, directories.work, directories.runs]) {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`Removed the state of local Azure, the runs and the agent's work folder in ${directories.root}.`);
  return 0;
}
