import { existsSync, readFileSync } from 'node:fs';
import type { TaskStepResult } from '../../../local/agent/taskStep';
import { localCloud } from '../../../local/azure/context';
import type { JournalEntry } from '../../../local/azure/traffic/requestJournal';
import { runBuiltTask, TestJob } from '../../support/agent';
import { namesIn, type Circumstances, type Scenario } from '../scenario';
import { connection, type World } from '../world';

/** Logs a metric and leaves a model and golden requests, without packages. */
export const trainingScript = `
import json, os, pathlib, ssl, urllib.request
body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "rmse", "value": 0.5, "timestamp": 1, "step": 0}
request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric",
    json.dumps(body).encode(), {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"})
urllib.request.urlopen(request, context=ssl.create_default_context(cafile=os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"]))
for line in range(20): print("line", line, "of the log", flush=True)
pathlib.Path("outputs/model").mkdir(parents=True)
pathlib.Path("outputs/model/model.json").write_text("{}")
pathlib.Path("outputs/golden_requests.json").write_text("[]")
`;

const jobPath = /\/jobs\/([^/?]+)\?/;

export const train: Scenario = {
  name: 'Train',
  ends: 'succeeded',
  prepare: (world, id) => {
    const model = `model-${id}`;
    const job = new TestJob('build', world.azure);
    job.variables.set('Build.BuildId', id.replace(/\D/g, ''));
    return Promise.resolve({
      run: (options) =>
        runBuiltTask('Train', {
          ...options,
          job,
          refName: `train_${id}`,
          files: { 'src/train.py': trainingScript, 'src/id.txt': id },
          inputs: {
            ...connection,
            sourceDirectory: 'src',
            command: 'python train.py',
            environment: `mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:${id}`,
            compute: localCloud.compute,
            experimentName: `experiment-${id}`,
            modelName: model,
          },
        }),
      whenDone: (result, requests, how) => trained(world, model, result, requests, how),
      afterPostJob: (requests) => runningJobs(world, requests),
      whenFailed: (result, requests) => leftJobs(world, result, requests),
    });
  },
};

async function trained(
  { ml }: World,
  model: string,
  result: TaskStepResult,
  requests: JournalEntry[],
  { afterKill = false, lasting = false }: Circumstances = {},
): Promise<string[]> {
  const problems: string[] = [];
  const all = await jobStates({ ml }, requests);
  const jobs = all.filter(({ status }) => !(afterKill && status === 'Canceled'));
  const states = jobs.map(({ status }) => status).join(', ');
  if (states !== 'Completed') problems.push(`jobs are ${states || 'none'}`);
  const { body } = (await ml.call('GET', ml.arm(`/models/${model}/versions`))) as {
    body: { value: Array<{ properties: { tags: Record<string, string> } }> };
  };
  if (body.value.length !== 1) problems.push(`the model has ${body.value.length} versions`);
  return [...problems, ...problemsOfLog(result, lasting), ...problemsOfRecord(result, jobs[0]?.name, lasting)];
}

function problemsOfLog({ log, issues }: TaskStepResult, lasting: boolean): string[] {
  const lines = log.filter((line) => /^line \d+ of the log$/.test(line));
  const expected = Array.from({ length: 20 }, (_, line) => `line ${line} of the log`);
  const isMissed = lasting && issues.some(({ type, message }) => type === 'warning' && /log/.test(message));
  return lines.join('\n') === expected.join('\n') || isMissed
    ? []
    : [`the log was shown as ${lines.length} lines of 20`];
}

function problemsOfRecord(result: TaskStepResult, job: string | undefined, lasting: boolean): string[] {
  const problems: string[] = [];
  const { recordFile = '' } = result.outputs;
  const record = existsSync(recordFile)
    ? (JSON.parse(readFileSync(recordFile, 'utf8')) as Record<string, never>)
    : undefined;
  const { training, model: recorded } = (record ?? {}) as {
    training?: { jobName: string; goldenRequests?: object; metrics: { rmse?: number } };
    model?: { version: string };
  };
  if (training?.jobName !== job || recorded?.version !== '1') problems.push('the record names another job or model');
  if (!training?.goldenRequests) problems.push('the golden requests are missing');
  const areMetricsMissed = lasting && result.issues.some(({ message }) => /record holds no metrics/.test(message));
  if (training?.metrics.rmse !== 0.5 && !areMetricsMissed) problems.push('the metric is missing in the record');
  return problems;
}

/** The jobs that were put and are there, with their states. */
export async function jobStates(
  { ml }: Pick<World, 'ml'>,
  requests: JournalEntry[],
): Promise<Array<{ name: string; status: string }>> {
  const names = namesIn(requests, 'PUT', jobPath);
  const found = await Promise.all(
    names.map((name) =>
      ml.client.jobs.get(localCloud.resourceGroup, localCloud.workspace, name).then(
        ({ properties }) => ({ name, status: String(properties.status) }),
        () => undefined,
      ),
    ),
  );
  return found.filter((each) => each !== undefined);
}

/** After a kill and the post-job step no job may run on. */
export async function runningJobs(world: World, requests: JournalEntry[]): Promise<string[]> {
  const states = await jobStates(world, requests);
  return states
    .filter(({ status }) => !['Canceled', 'CancelRequested', 'Completed', 'Failed'].includes(status))
    .map(({ name, status }) => `the job ${name} is ${status} after the post-job step`);
}

/** A step that gives up leaves its job running and says so; it has one at most. */
export async function leftJobs(world: World, result: TaskStepResult, requests: JournalEntry[]): Promise<string[]> {
  const jobs = await jobStates(world, requests);
  const problems = jobs.flatMap(({ name, status }) => {
    if (status === 'Canceled' || status === 'CancelRequested') return [`the job ${name} was cancelled`];
    return result.log.some((line) => line.includes(name)) ? [] : [`the job ${name} (${status}) was not named`];
  });
  if (jobs.length > 1) problems.push(`${jobs.length} jobs were started`);
  return problems;
}
