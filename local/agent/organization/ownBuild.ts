import type { StepContext } from '../stepContext';
import { ApiError } from './apiError';
import { buildTagsOf, tagBuild } from './buildTags';

/** The build that a step is of; no other can be read. */
export class OwnBuild {
  constructor(private readonly context: StepContext) {}

  tags(buildId: string): string[] {
    this.#check(buildId);
    return buildTagsOf(this.context);
  }

  tag(buildId: string, tag: string): string[] {
    this.#check(buildId);
    tagBuild(this.context, tag);
    return buildTagsOf(this.context);
  }

  /** Its stage is one that asks nobody for approval, so that it has no checkpoint. */
  timeline(buildId: string): { records: object[] } {
    this.#check(buildId);
    const value = (name: string) => this.context.options.variables.get(name) ?? '';
    const identifier = value('System.StageName');
    const name = value('System.StageDisplayName') || identifier;
    return { records: [{ id: value('System.PlanId'), parentId: null, type: 'Stage', identifier, name }] };
  }

  #check(buildId: string): void {
    if (buildId === this.context.options.variables.get('Build.BuildId')) return;
    throw new ApiError(404, `The requested build ${buildId} could not be found.`);
  }
}
