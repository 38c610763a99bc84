/** The data planes of Azure ML, which are asked at the region's own host in Azure: runs, metrics, artifacts, data, models. */
const names = 'history|mlflow|artifact|data|modelregistry';

export const isDataPlanePath = (url: string): boolean => new RegExp(`^/(${names})/`, 'i').test(url);

/** The workspace's ARM id in such a path, and what follows it. */
export function readDataPlanePath(path: string): { workspace: string; rest: string } | undefined {
  const pattern = new RegExp(`^/(?:${names})/.*?(/subscriptions/.*?/workspaces/[^/]+)(.*)$`, 'i');
  const [, workspace, rest = ''] = pattern.exec(path) ?? [];
  return workspace ? { workspace, rest } : undefined;
}
