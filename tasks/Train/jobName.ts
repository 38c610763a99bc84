import { createHash } from 'node:crypto';
import type { Pipeline } from '../common/pipeline';

/**
 * The name of a step's job, without the number of its try: it follows from the pipeline's run, the stage, the job and
 * the step, but not from the attempt, so that a step that runs again finds the job that it started before.
 * @param title begins the name, so that people know it, e.g. the experiment
 * @returns letters, digits and dashes, at most 80
 */
export function jobNameBase(title: string, pipeline: Pipeline): string {
  const run = pipeline.release
    ? `release ${pipeline.release.id} ${pipeline.release.environment}`
    : `build ${pipeline.build?.id ?? pipeline.planId}`;
  const { collectionUri, projectId, project, stage, job, step } = pipeline;
  const identity = [collectionUri, projectId || project, run, stage.name, job.name, step];
  const hash = createHash('sha256').update(identity.join('\n')).digest('hex').slice(0, 10);
  const id = pipeline.release?.id ?? pipeline.build?.id ?? '';
  const slug = title
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 48);
  return [slug || 'train', id, hash].filter((part) => part !== '').join('-');
}
