import type { JobAssets } from './jobAssets';
import type { CommandSpec, JobSpec, ProgramSpec, SpecSource, SweepSpec } from '../specification/jobSpec';
import type { JobProperties } from './jobs';
import { pipelineProperties } from './pipelineJob';
import { baseProperties, duration, programProperties, queueSettings } from './restParts';
import { samplingAlgorithm, searchSpace, earlyTermination } from './sweepParts';

/**
 * Turns a checked specification into what the service is sent. What it names is brought into the workspace on the way.
 * @throws TaskFailure that names the place and what is wrong, before any job exists
 */
export async function restJob(spec: JobSpec, source: SpecSource, assets: JobAssets): Promise<JobProperties> {
  switch (spec.type) {
    case 'sweep':
      return sweepJob(spec, source, assets);
    case 'pipeline':
      return pipelineProperties(spec, source, assets);
    default:
      return commandJob(spec, source, assets);
  }
}

async function commandJob(spec: CommandSpec, source: SpecSource, assets: JobAssets): Promise<JobProperties> {
  return {
    jobType: 'Command',
    ...(await baseProperties(spec, source, assets)),
    ...(await programProperties(spec, source, [], assets)),
    limits: spec.limits && { jobLimitsType: 'Command', timeout: duration(spec.limits.timeout) },
    queueSettings: queueSettings(spec.queue_settings, 'camel'),
  };
}

async function sweepJob(spec: SweepSpec, source: SpecSource, assets: JobAssets): Promise<JobProperties> {
  const { limits, objective } = spec;
  return {
    jobType: 'Sweep',
    ...(await baseProperties(spec, source, assets)),
    trial: await programProperties(spec.trial as ProgramSpec, source, ['trial'], assets),
    searchSpace: searchSpace(spec.search_space),
    samplingAlgorithm: samplingAlgorithm(spec.sampling_algorithm),
    objective: { goal: capital(objective.goal), primaryMetric: objective.primary_metric },
    earlyTermination: earlyTermination(spec.early_termination, 'camel'),
    limits: limits && {
      jobLimitsType: 'Sweep',
      maxTotalTrials: limits.max_total_trials,
      maxConcurrentTrials: limits.max_concurrent_trials,
      timeout: duration(limits.timeout),
      trialTimeout: duration(limits.trial_timeout),
    },
    queueSettings: queueSettings(spec.queue_settings, 'camel'),
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
