import type { Variables } from '../variables';

/** Who approved what: no stage of a run of this machine asks anyone. */
export class Approvals {
  constructor(private readonly variables: Variables) {}

  /** Those of a pipeline's stages. */
  ofPipeline(): object[] {
    return [];
  }

  /** Those of a release's stages. A stage that asks no one is approved by the server itself. */
  ofReleases({ releaseIds, status = 'pending' }: { releaseIds: readonly string[]; status?: string }): object[] {
    const value = (name: string) => this.variables.get(name) ?? '';
    if (status !== 'approved' || !releaseIds.includes(value('Release.ReleaseId'))) return [];
    const releaseEnvironment = {
      id: Number(value('Release.EnvironmentId') || 1),
      name: value('Release.EnvironmentName'),
    };
    const attempt = Number(value('Release.AttemptNumber') || 1);
    return [{ id: 1, approvalType: 'preDeploy', status: 'approved', isAutomated: true, attempt, releaseEnvironment }];
  }
}
