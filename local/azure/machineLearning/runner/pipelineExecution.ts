import { randomUUID } from 'node:crypto';
import { artifactContainer, artifactPrefix } from '../assets/storageLocation';
import type { PipelineJob } from '../jobs/jobSpecification';
import type { Job } from '../jobs/jobStore';
import { BlobLog } from './blobLog';
import { nodeDependencies, nodeJob, type NodeScope, type PipelineNode } from './pipelineNode';
import { userFailure } from './runFailure';
import type { JobControl, RunnerServices } from './services';

/**
 * Runs a pipeline: each node is a job of its own beneath it, and starts when those that it takes something from have ended
 * well. After a failure nothing new starts, unless the settings say that the rest goes on.
 */
export async function executePipeline(services: RunnerServices, job: Job, control: JobControl): Promise<void> {
  const log = new BlobLog(
    services.context.blobs
      .container(artifactContainer)
      .getAppendBlobClient(`${artifactPrefix(job.name)}logs/azureml/executionlogs.txt`),
  );
  await log.open();
  const run = new PipelineExecution(scopeOf(job, services), control, (text) =>
    log.write(`[${new Date().toISOString()}] ${text}\n`),
  );
  try {
    control.setStatus('Running');
    await run.all();
  } finally {
    await log.close();
  }
}

function scopeOf(job: Job, { stores }: RunnerServices): NodeScope {
  const pipeline = job.specification as PipelineJob;
  const nodes = pipeline.jobs as Record<string, PipelineNode>;
  const children = Object.fromEntries(Object.keys(nodes).map((node) => [node, randomUUID()]));
  return { pipeline, name: job.name, outputUris: job.outputUris, children, nodes, stores };
}

class PipelineExecution {
  private readonly failed: string[] = [];
  /** Whether each node that was reached has ended well. */
  private readonly ended = new Map<string, Promise<boolean>>();
  private readonly goesOn: boolean;

  constructor(
    private readonly scope: NodeScope,
    private readonly control: JobControl,
    private readonly say: (text: string) => void,
  ) {
    const { settings } = scope.pipeline;
    this.goesOn = (settings?.continue_on_step_failure ?? settings?.continueOnStepFailure) === true;
  }

  async all(): Promise<void> {
    await Promise.all(Object.keys(this.scope.nodes).map((node) => this.reach(node, [])));
    this.control.signal.throwIfAborted();
    if (this.failed.length === 0) return;
    const nodes = this.failed.map((node) => `node '${node}'`).join(', ');
    throw userFailure(`The pipeline failed: ${nodes} did not complete.`, 'PipelineNodeFailed');
  }

  /** Runs a node once, and those that it needs before it. `path` leads to it from one that needs it. */
  private reach(node: string, path: string[]): Promise<boolean> {
    const { nodes } = this.scope;
    if (path.includes(node))
      throw userFailure(`The nodes ${[...path, node].join(' → ')} need each other.`, 'PipelineCycle');
    const known = this.ended.get(node);
    if (known) return known;
    const before = nodeDependencies(nodes[node] as PipelineNode).map((other) => {
      if (nodes[other]) return this.reach(other, [...path, node]);
      throw userFailure(`Node '${node}' refers to node '${other}', which is not there.`, 'PipelineNode');
    });
    const result = this.runAfter(before, node);
    // A node that nobody waits for yet must not end the process with its failure.
    result.catch(() => undefined);
    this.ended.set(node, result);
    return result;
  }

  private async runAfter(before: Array<Promise<boolean>>, node: string): Promise<boolean> {
    const ready = (await Promise.all(before)).every(Boolean);
    if (!ready || (this.failed.length > 0 && !this.goesOn) || this.control.signal.aborted) {
      this.say(`Node ${node} is not run.`);
      return false;
    }
    const { scope } = this;
    const name = scope.children[node] as string;
    const specification = nodeJob(node, scope);
    this.say(`Node ${node}: started as ${name}`);
    const status = await this.control.runChild({
      name,
      specification,
      displayName: scope.nodes[node]?.display_name ?? node,
      tags: {},
      properties: { 'azureml.nodeid': node, 'azureml.pipelinerunid': scope.name },
      runType: specification.jobType === 'Command' ? 'azureml.StepRun' : undefined,
    });
    this.say(`Node ${node}: ${status}`);
    if (status !== 'Completed') this.failed.push(node);
    return status === 'Completed';
  }
}
