import * as tl from 'azure-pipelines-task-lib/task';

/**
 * How a service connection is named to the user: by its id, and by the page on which it stands. The agent does not tell a task the
 * name that people know it by. Source: azure-pipelines-agent, Handler.cs, AddEndpointsToEnvironment; azure-arm-rest of
 * azure-pipelines-tasks-common-packages for the address.
 */
export function connectionName(id: string): string {
  const collection = tl.getVariable('System.CollectionUri') || tl.getVariable('System.TeamFoundationCollectionUri');
  const project = tl.getVariable('System.TeamProject');
  if (!collection || !project) return `"${id}"`;
  const page = `${collection}${encodeURIComponent(project)}/_settings/adminservices?resourceId=${encodeURIComponent(id)}`;
  return `"${id}" (${page})`;
}
