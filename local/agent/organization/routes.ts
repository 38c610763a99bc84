import type { StepContext } from '../stepContext';
import { Approvals } from './approvals';
import { OwnBuild } from './ownBuild';
import type { Route } from './route';
import type { TaskEvents } from './taskEvents';

const list = (value: readonly unknown[]) => ({ count: value.length, value });

/**
 * What a task asks by itself with the token of its job, of a step of a run of this machine.
 * Source: learn.microsoft.com/rest/api/azure/devops, version 7.1: build/tags, build/timeline/get, approvalsandchecks/approvals/query
 * and release/approvals/list.
 */
export function stepRoutes(context: StepContext): Route[] {
  const build = new OwnBuild(context);
  const approvals = new Approvals(context.options.variables);
  return [
    {
      method: 'GET',
      path: 'build/builds/{buildId}/tags',
      answer: ({ parameters }) => list(build.tags(parameters.buildId!)),
    },
    {
      method: 'PUT',
      path: 'build/builds/{buildId}/tags/{tag}',
      answer: ({ parameters }) => list(build.tag(parameters.buildId!, parameters.tag!)),
    },
    {
      method: 'GET',
      path: 'build/builds/{buildId}/timeline',
      answer: ({ parameters }) => build.timeline(parameters.buildId!),
    },
    { method: 'GET', path: 'pipelines/approvals', answer: () => list(approvals.ofPipeline()) },
    {
      method: 'GET',
      path: 'release/approvals',
      answer: ({ query }) => {
        const releaseIds = query.get('releaseIdsFilter')?.split(',') ?? [];
        return list(approvals.ofReleases({ releaseIds, status: query.get('statusFilter') ?? undefined }));
      },
    },
  ];
}

/** Where others say that a task which waits without an agent has ended. */
export function taskEventRoutes(events: TaskEvents): Route[] {
  return [
    {
      method: 'POST',
      path: 'distributedtask/hubs/{hub}/plans/{planId}/events',
      answer: ({ body }) => events.report(body as Record<string, string>),
    },
  ];
}
