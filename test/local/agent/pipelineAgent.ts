import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PipelinePlan } from '../../../local/agent/pipeline/plan';
import { readPipeline } from '../../../local/agent/pipeline/readPipeline';
import type { CatalogTask } from '../../../local/agent/pipeline/taskCatalog';
import { runPipeline, type PipelineRunOptions } from '../../../local/agent/run/pipelineRun';
import type { RunRecord, StepRecord } from '../../../local/agent/run/runRecord';
import { readTaskDefinition } from '../../../local/agent/taskDefinition';
import { temporaryFolder } from '../../support/agent';
import { fakeTask, type FakeTask } from './fakeTask';

/** A repository of its own with one pipeline in it, and an agent that runs it. */
export class Agent {
  readonly root = temporaryFolder();
  readonly runs = path.join(this.root, '.local', 'runs');
  folder = '';

  constructor(
    readonly tasks: FakeTask[] = [],
    /** Folders of tasks that are no stand-ins. */
    readonly folders: string[] = [],
  ) {
    writeFileSync(path.join(this.root, 'package.json'), '{}');
    writeFileSync(path.join(this.root, '.gitignore'), '.local/\n');
  }

  /** The agent's tasks, as it gets them. */
  catalog(): CatalogTask[] {
    return [...this.folders, ...this.tasks.map((task) => fakeTask(task))].map((folder) => ({
      folder,
      task: readTaskDefinition(folder),
    }));
  }

  /** Runs a pipeline that stands in no file, such as a classic one. */
  async runPlan(plan: PipelinePlan, options: Partial<PipelineRunOptions> = {}): Promise<RunRecord> {
    const file = path.join(this.root, 'azure-pipelines.yml');
    const workFolder = path.join(this.root, '.local', 'work');
    const { run, folder } = await runPipeline(plan, { file, runs: this.runs, workFolder, ...options });
    this.folder = folder;
    return run;
  }

  async run(yaml: string, options: Partial<PipelineRunOptions> & { skipTasks?: string[] } = {}): Promise<RunRecord> {
    const file = path.join(this.root, 'azure-pipelines.yml');
    writeFileSync(file, yaml);
    const plan = readPipeline(file, {
      tasks: this.catalog(),
      set: options.set ?? {},
      skipTasks: options.skipTasks,
      predefined: {},
    });
    return this.runPlan(plan, options);
  }

  log(step: StepRecord): string {
    return readFileSync(path.join(this.folder, step.log), 'utf8');
  }
}

/** Name and result of each step of the run, in order. */
export function results(run: RunRecord): Array<[name: string, result: string | undefined]> {
  const steps = run.stages.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
  return steps.filter(({ task }) => task !== 'checkout').map(({ displayName, result }) => [displayName, result]);
}
