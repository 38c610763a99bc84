import { randomUUID } from 'node:crypto';
import { artifactContainer, artifactPrefix } from '../assets/storageLocation';
import type { JobSpecification, PipelineJob } from '../jobs/jobSpecification';
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
  const { context } = services;
  const pipeline = job.specification as PipelineJob;
  const nodes = pipeline.jobs as Record<string, PipelineNode>;
  const goesOn = (pipeline.settings?.continue_on_step_failure ?? pipeline.settings?.continueOnStepFailure) === true;
  const log = new BlobLog(
    context.blobs
      .container(artifactContainer)
      .getAppendBlobClient(`${artifactPrefix(job.name)}logs/azureml/executionlogs.txt`),
  );
  await log.open();
  const say = (text: string): void => log.write(`[${new Date().toISOString()}] ${text}\n`);
  const names = Object.fromEntries(Object.keys(nodes).map((node) => [node, randomUUID()]));
  const scope: NodeScope = {
    pipeline,
    name: job.name,
    outputUris: job.outputUris,
    children: names,
    nodes,
    stores: services.stores,
  };
  const failed: string[] = [];
  const ended = new Map<string, Promise<boolean>>();

  const run = (node: string, path: string[]): Promise<boolean> => {
    if (path.includes(node))
      throw userFailure(`The nodes ${[...path, node].join(' → ')} need each other.`, 'PipelineCycle');
    const known = ended.get(node);
    if (known) return known;
    const before = nodeDependencies(nodes[node] as PipelineNode).map((other) => {
      if (!nodes[other])
        throw userFailure(`Node '${node}' refers to node '${other}', which is not there.`, 'PipelineNode');
      return run(other, [...path, node]);
    });
    const result = (async () => {
      const ready = (await Promise.all(before)).every(Boolean);
      if (!ready || (failed.length > 0 && !goesOn) || control.signal.aborted) {
        say(`Node ${node} is not run.`);
        return false;
      }
      const name = names[node] as string;
      const specification: JobSpecification = nodeJob(node, scope);
      say(`Node ${node}: started as ${name}`);
      const status = await control.runChild({
        name,
        specification,
        displayName: nodes[node]?.display_name ?? node,
        tags: {},
        properties: { 'azureml.nodeid': node, 'azureml.pipelinerunid': job.name },
        runType: specification.jobType === 'Command' ? 'azureml.StepRun' : undefined,
      });
      say(`Node ${node}: ${status}`);
      if (status !== 'Completed') failed.push(node);
      return status === 'Completed';
    })();
    // A node that nobody waits for yet must not end the process with its failure.
    result.catch(() => undefined);
    ended.set(node, result);
    return result;
  };

  try {
    control.setStatus('Running');
    await Promise.all(Object.keys(nodes).map((node) => run(node, [])));
    control.signal.throwIfAborted();
    if (failed.length > 0) {
      throw userFailure(
        `The pipeline failed: ${failed.map((node) => `node '${node}'`).join(', ')} did not complete.`,
        'PipelineNodeFailed',
      );
    }
  } finally {
    await log.close();
  }
}
