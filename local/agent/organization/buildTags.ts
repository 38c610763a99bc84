import type { StepContext } from '../stepContext';
import { ApiError } from './apiError';

/** Those of earlier steps, and those of this one. */
export function buildTagsOf({ options, buildTags }: StepContext): string[] {
  return [...new Set([...(options.earlierBuildTags ?? []), ...buildTags])];
}

/** Tags the build as the server does, whether the agent asks it or the task itself. Throws where it refuses. */
export function tagBuild(context: StepContext, tag: string): void {
  const { variables, mayEditBuildQuality = true } = context.options;
  if (!mayEditBuildQuality) {
    const [project, build] = ['System.TeamProject', 'Build.BuildId'].map((name) => variables.get(name));
    // Seen in microsoft/azure-quantum-python issue 600.
    throw new ApiError(
      403,
      `Access denied. ${project} Build Service needs Edit build quality permissions for vstfs:///Build/Build/${build} in team project ${project} to perform the action. For more information, contact the Azure DevOps administrator.`,
    );
  }
  checkBuildTag(tag);
  if (!context.buildTags.includes(tag)) context.buildTags.push(tag);
}

/**
 * The agent puts a tag into the path of a URL, which the server refuses by its characters, and it fails where the server
 * answers another tag than it sent, as it does for letters beyond ASCII and for spaces at the ends.
 * Source: azure-pipelines-task-lib issue 1072; azure-pipelines-tasks issue 10972; azure-pipelines-agent issues 2877 and 3688.
 */
function checkBuildTag(tag: string): void {
  const [refused] = /[<>*%&:\\?]/.exec(tag) ?? [];
  if (refused) {
    throw new ApiError(400, `A potentially dangerous Request.Path value was detected from the client (${refused}).`);
  }
  // eslint-disable-next-line no-control-regex
  if (/[^\x00-\x7f]/.test(tag) || tag !== tag.trim()) {
    throw new ApiError(400, `Build tag '${tag}' was not added successfully.`);
  }
}
