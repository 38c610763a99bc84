import { ArmError } from '../../context';
import { durationInSeconds } from '../jobs/duration';
import type { CommandJob } from '../jobs/jobSpecification';
import type { NewJob } from './newJob';
import { tellOfEnd } from '../jobs/jobNotifications';
import { outputUris, type Job } from '../jobs/jobStore';
import { hasEnded, type RunError, type RunStatus } from '../runs/runStore';
import { systemData } from '../systemData';
import { executeCommand } from './commandExecution';
import { executePipeline } from './pipelineExecution';
import { RunFailure, RunStop } from './runFailure';
import type { JobControl, RunnerServices } from './services';
import { executeSweep } from './sweepExecution';
import { valueText } from '../../valueText';
import { messageOf } from '../../../messageOf';

/** What setTimeout can wait at most. */
const longestTimer = 2 ** 31 - 1;

const runTypes = { Command: 'azureml.scriptrun', Sweep: 'hyperdrive', Pipeline: 'azureml.PipelineRun' };

/** Runs the jobs of the workspace, each from its creation to its end. */
export class JobRunner {
  private readonly running = new Map<string, { controller: AbortController; ended: Promise<void> }>();

  constructor(private readonly services: RunnerServices) {}

  /** Takes a job that was checked, and starts it. */
  create(job: NewJob): void {
    const { jobs, runs } = this.services;
    const { name, specification, parent } = job;
    runs.create({
      runId: name,
      isJob: true,
      experimentName: specification.experimentName,
      status: 'NotStarted',
      runType: job.runType ?? runTypes[specification.jobType],
      displayName: job.displayName ?? name,
      description: job.description,
      parentRunId: parent,
      target: /\/computes\/([^/]+)$/i.exec(specification.computeId ?? '')?.[1] ?? 'serverless',
      tags: job.tags,
      properties: { '_azureml.ComputeTargetType': 'amlctrain', ...job.properties },
    });
    const outputs = outputUris(name, specification);
    jobs.put({ name, specification, outputUris: outputs, parent, system: systemData() });
    this.start(name);
  }

  /** The job is asked to end; `CancelRequested` until it has. */
  cancel(name: string): void {
    const running = this.running.get(name);
    if (!running) return;
    this.setStatus(name, 'CancelRequested');
    running.controller.abort(new RunStop('Canceled', ''));
  }

  /** Ends all jobs and waits until they have ended. */
  async stop(): Promise<void> {
    for (const { controller } of this.running.values()) {
      controller.abort(new RunStop('Canceled', 'Local Azure was stopped while the job ran.'));
    }
    await Promise.all([...this.running.values()].map((entry) => entry.ended));
  }

  /** A job that was not at its end when local Azure was killed has lost its node. */
  settleLostJobs(): void {
    for (const run of this.services.runs.list()) {
      if (!run.isJob || hasEnded(run.status)) continue;
      this.services.runs.update(run.runId, (lost) => {
        lost.status = 'Failed';
        lost.endTimeUtc = new Date().toISOString();
        lost.error = { code: 'ServiceError', message: 'The node was lost: local Azure was ended while the job ran.' };
      });
    }
  }

  private start(name: string): void {
    const controller = new AbortController();
    // The answer to the request that made the job shows it as starting.
    this.setStatus(name, 'Starting');
    const ended = Promise.resolve()
      .then(() => this.execute(name, controller))
      .finally(() => this.running.delete(name));
    this.running.set(name, { controller, ended });
  }

  private async execute(name: string, controller: AbortController): Promise<void> {
    const { context, jobs } = this.services;
    const job = jobs.get(name) as Job;
    const { timeout } = (job.specification as CommandJob).limits ?? {};
    const limit = timeout ? durationInSeconds(timeout) : undefined;
    const timer = setTimeout(
      () => controller.abort(new RunStop('Canceled', `The job took longer than its limit of ${timeout}.`)),
      Math.min((limit ?? Infinity) * 1000, longestTimer),
    );
    if (limit === undefined) clearTimeout(timer);
    try {
      await this.dispatch(job, this.control(name, controller));
      this.end(name, 'Completed');
    } catch (error) {
      const reason: unknown = controller.signal.aborted ? controller.signal.reason : error;
      if (reason instanceof RunStop) {
        this.end(name, reason.endStatus, reason.message ? { code: 'UserError', message: reason.message } : undefined);
      } else if (reason instanceof RunFailure) {
        this.end(name, 'Failed', reason.error);
      } else if (reason instanceof ArmError) {
        this.end(name, 'Failed', { code: 'UserError', message: reason.message });
      } else {
        context.log(`Job ${name} failed within local Azure: ${(reason as Error).stack}`);
        this.end(name, 'Failed', { code: 'ServiceError', message: messageOf(reason) });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  private dispatch(job: Job, control: JobControl): Promise<void> {
    switch (job.specification.jobType) {
      case 'Command':
        return executeCommand(this.services, job, control);
      case 'Sweep':
        return executeSweep(this.services, job, control);
      case 'Pipeline':
        return executePipeline(this.services, job, control);
    }
  }

  private control(name: string, controller: AbortController): JobControl {
    return {
      signal: controller.signal,
      setStatus: (status) => {
        if (controller.signal.aborted) return;
        this.setStatus(name, status);
        if (status !== 'Running') return;
        // A test lets a job end in a state that nothing on one machine brings about by itself.
        const planned = this.services.context.takeFault('ml.job.status')?.status;
        if (planned) controller.abort(new RunStop(planned as RunStatus, `The job is ${valueText(planned)}.`));
      },
      runChild: async (child) => {
        if (controller.signal.aborted) return 'Canceled';
        this.create({ ...child, parent: name });
        const cancel = (): void => this.cancel(child.name);
        controller.signal.addEventListener('abort', cancel, { once: true });
        await this.running.get(child.name)?.ended;
        controller.signal.removeEventListener('abort', cancel);
        return this.services.runs.get(child.name)?.status ?? 'Failed';
      },
    };
  }

  private setStatus(name: string, status: RunStatus): void {
    this.services.runs.update(name, (run) => {
      run.status = status;
      if (status === 'Running') run.startTimeUtc ??= new Date().toISOString();
    });
  }

  private end(name: string, status: RunStatus, error?: RunError): void {
    const run = this.services.runs.update(name, (ended) => {
      ended.status = status;
      ended.endTimeUtc = new Date().toISOString();
      ended.error = error;
    });
    this.services.context.log(`Job ${name}: ${status}${run.error ? `: ${run.error.message}` : ''}`);
    tellOfEnd(this.services.jobs.get(name)!, status, this.services.context.log);
  }
}
