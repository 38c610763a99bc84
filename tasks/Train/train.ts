import type { StageResult, TaskContext } from '../common/task/taskContext';
import { checkData } from './dataChecks';
import { conclude, handBack } from './conclude';
import { JobCost } from './cost/jobCost';
import { followTraining } from './followTraining';
import type { TrainInputs } from './inputs';
import { askGitForChanges, provenanceOf } from './provenance';
import { openServices, type Services } from './services';
import { startJob, takeUpJob } from './startJob';

/** Runs the job to its end, or starts it only; registers the model; writes the record. */
export async function train(inputs: TrainInputs, context: TaskContext): Promise<StageResult> {
  return trainWith(openServices(inputs, context), inputs, context);
}

/** As `train`, with the workspace given. */
export async function trainWith(services: Services, inputs: TrainInputs, context: TaskContext): Promise<StageResult> {
  const dataChecks = inputs.dataChecks && checkData(inputs.dataChecks, context);
  await services.checkWorkspace();
  const { repository } = context.pipeline;
  const provenance = provenanceOf(context.pipeline, repository && (await askGitForChanges(repository.localPath)));
  const job =
    inputs.job.source === 'existing'
      ? await takeUpJob(inputs.job.name, inputs.maxCost, services, context)
      : await startJob(inputs, inputs.job, provenance, services, context);
  const started = { ...job, dataChecks };
  if (!inputs.waitForCompletion) return handBack(started, provenance, context);
  const cost = new JobCost(started.job, services.prices, context.log, context.clock);
  const end = await followTraining(started.job, inputs, cost, services, context);
  return conclude({ ...started, end, cost: cost.final(end.endedAt) }, provenance, inputs, services, context);
}
