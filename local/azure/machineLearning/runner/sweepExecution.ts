import { artifactContainer, artifactPrefix } from '../assets/storageLocation';
import type { CommandJob, SweepJob } from '../jobs/jobSpecification';
import type { Job } from '../jobs/jobStore';
import { BlobLog } from './blobLog';
import { expandExpressions } from './expressions';
import { userFailure } from './runFailure';
import { grid, randomTrials, readSearchSpace, type Trial } from './searchSpace';
import type { JobControl, RunnerServices } from './services';

/** What the service takes where a sweep says nothing. */
const usualTrials = 20;

/**
 * Runs a sweep: each trial is a job of its own beneath it, so many at once as its limits allow. The best of those that
 * ended well, by the primary metric's last value, is noted on the sweep's run and gives the sweep its outputs.
 */
export async function executeSweep(services: RunnerServices, job: Job, control: JobControl): Promise<void> {
  const { context, metrics, runs } = services;
  const sweep = job.specification as SweepJob;
  const { goal, primaryMetric } = sweep.objective;
  const log = new BlobLog(
    context.blobs
      .container(artifactContainer)
      .getAppendBlobClient(`${artifactPrefix(job.name)}azureml-logs/hyperdrive.txt`),
  );
  await log.open();
  const say = (text: string): void => log.write(`[${new Date().toISOString()}] ${text}\n`);
  try {
    control.setStatus('Running');
    const trials = trialsOf(sweep);
    const algorithm = sweep.samplingAlgorithm.samplingAlgorithmType.toLowerCase();
    if (algorithm === 'bayesian') {
      warn(services, job, 'Bayesian sampling is carried out as random sampling.');
    }
    if (sweep.earlyTermination) warn(services, job, 'Trials are not ended early: every one runs to its end.');
    runs.update(job.name, (run) => {
      run.properties.primary_metric_config = JSON.stringify({ name: primaryMetric, goal: goal.toLowerCase() });
      run.properties.search_space = JSON.stringify(sweep.searchSpace);
    });
    const completed: Array<{ name: string; value: number | undefined }> = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < trials.length) {
        const index = next++;
        const name = `${job.name}_${index}`;
        const trial = trials[index] ?? {};
        say(`Trial ${name}: ${JSON.stringify(trial)}`);
        const status = await control.runChild({
          name,
          specification: trialJob(sweep, trial),
          displayName: name,
          tags: { hyperparameters: JSON.stringify(trial) },
          properties: {},
        });
        const value = metrics.latest(name).find((point) => point.key === primaryMetric)?.value;
        say(`Trial ${name}: ${status}, ${primaryMetric} ${value ?? 'not logged'}`);
        if (status === 'Completed') completed.push({ name, value });
      }
    };
    const parallel = Math.min(sweep.limits?.maxConcurrentTrials ?? trials.length, trials.length);
    await Promise.all(Array.from({ length: parallel }, worker));
    control.signal.throwIfAborted();
    if (completed.length === 0) throw userFailure('All trials of the sweep failed.', 'AllTrialsFailed');
    noteBest(services, job, completed, goal);
  } finally {
    await log.close();
  }
}

function trialsOf(sweep: SweepJob): Trial[] {
  const space = readSearchSpace(sweep.searchSpace);
  const most = sweep.limits?.maxTotalTrials;
  if (/^grid$/i.test(sweep.samplingAlgorithm.samplingAlgorithmType)) return grid(space).slice(0, most);
  return randomTrials(space, most ?? usualTrials, sweep.samplingAlgorithm.seed ?? Math.floor(Math.random() * 2 ** 32));
}

function trialJob(sweep: SweepJob, trial: Trial): CommandJob {
  const { trialTimeout } = sweep.limits ?? {};
  const outputs = Object.entries(sweep.outputs ?? {}).map(([name, { uri: _uri, ...output }]) => [name, output]);
  return {
    jobType: 'Command',
    experimentName: sweep.experimentName,
    computeId: sweep.computeId,
    identity: sweep.identity,
    inputs: sweep.inputs,
    // Trials must not write over each other.
    outputs: Object.fromEntries(outputs) as CommandJob['outputs'],
    ...sweep.trial,
    command: expandExpressions(sweep.trial.command, { search_space: trial }),
    ...(trialTimeout ? { limits: { jobLimitsType: 'Command', timeout: trialTimeout } } : {}),
  };
}

function noteBest(
  services: RunnerServices,
  job: Job,
  completed: Array<{ name: string; value: number | undefined }>,
  goal: string,
): void {
  const sign = /^min/i.test(goal) ? 1 : -1;
  const [best] = completed
    .flatMap(({ name, value }) => (value === undefined || Number.isNaN(value) ? [] : [{ name, value }]))
    .sort((one, other) => sign * (one.value - other.value));
  services.runs.update(job.name, (run) => {
    if (best) {
      Object.assign(run.properties, {
        best_child_run_id: best.name,
        score: String(best.value),
        best_metric_status: 'Succeeded',
      });
    } else run.properties.best_metric_status = 'No child run reported the primary metric.';
  });
  const child = best && services.jobs.get(best.name);
  if (child) services.jobs.put({ ...job, outputUris: { ...job.outputUris, ...child.outputUris } });
}

function warn({ runs }: RunnerServices, job: Job, message: string): void {
  runs.update(job.name, (run) => void run.warnings.push({ source: 'LocalAzure', message }));
}
