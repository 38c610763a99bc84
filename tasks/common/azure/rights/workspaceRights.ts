import type { WorkspaceAddress } from '../ml/workspaceAddress';
import type { NeededRole } from './neededRole';

const provider = 'Microsoft.MachineLearningServices/workspaces';

/** @param rights beneath the workspace, e.g. `jobs/write` */
export function workspaceRole(workspace: Pick<WorkspaceAddress, 'id'>, rights: string[], purpose: string): NeededRole {
  return {
    role: 'AzureML Data Scientist',
    scope: workspace.id,
    actions: ['read', ...rights].map((right) => `${provider}/${right}`),
    purpose,
  };
}
