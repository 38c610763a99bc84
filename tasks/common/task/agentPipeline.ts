import * as tl from 'azure-pipelines-task-lib/task';
import { withoutUserInfo } from '../azure/http/url';
import type { Pipeline } from '../pipeline';
import { Secret } from '../secret';

/** Reads the predefined variables of Azure Pipelines. Source: learn.microsoft.com/azure/devops/pipelines/build/variables. */
export function readPipeline(): Pipeline {
  const variable = (name: string) => tl.getVariable(name) || '';
  const collectionUri = variable('System.CollectionUri') || variable('System.TeamFoundationCollectionUri');
  const project = variable('System.TeamProject');
  const projectUrl = `${collectionUri}${encodeURIComponent(project)}`;
  const hostType = variable('System.HostType') === 'build' ? 'build' : 'release';
  const work = variable('System.DefaultWorkingDirectory') || process.cwd();

  const buildId = variable('Build.BuildId');
  const releaseId = variable('Release.ReleaseId');
  const repositoryUri = variable('Build.Repository.Uri');
  const pullRequestId = variable('System.PullRequest.PullRequestId');
  return {
    hostType,
    collectionUri,
    project,
    projectId: variable('System.TeamProjectId'),
    build: buildId
      ? {
          id: buildId,
          number: variable('Build.BuildNumber'),
          definition: variable('Build.DefinitionName'),
          url: `${projectUrl}/_build/results?buildId=${buildId}`,
        }
      : undefined,
    release: releaseId
      ? {
          id: releaseId,
          name: variable('Release.ReleaseName'),
          environment: variable('Release.EnvironmentName'),
          url: variable('Release.ReleaseWebURL') || `${projectUrl}/_release?releaseId=${releaseId}`,
        }
      : undefined,
    repository: repositoryUri
      ? {
          uri: withoutUserInfo(repositoryUri),
          id: variable('Build.Repository.ID'),
          provider: variable('Build.Repository.Provider'),
          branch: variable('Build.SourceBranch'),
          commit: variable('Build.SourceVersion'),
          localPath: variable('Build.Repository.LocalPath') || variable('Build.SourcesDirectory') || work,
        }
      : undefined,
    pullRequest: pullRequestId
      ? {
          id: pullRequestId,
          number: variable('System.PullRequest.PullRequestNumber') || pullRequestId,
          targetBranch: variable('System.PullRequest.TargetBranch'),
          sourceCommit: variable('System.PullRequest.SourceCommitId'),
        }
      : undefined,
    stage: {
      name: variable('System.StageName') || variable('Release.EnvironmentName'),
      attempt: Number(variable('System.StageAttempt') || variable('Release.AttemptNumber') || 1),
    },
    job: {
      id: variable('System.JobId'),
      name: variable('System.JobName') || variable('Agent.JobName'),
      attempt: Number(variable('System.JobAttempt') || 1),
    },
    taskInstanceId: variable('System.TaskInstanceId'),
    step: variable('System.TaskInstanceName') || variable('System.TaskInstanceId'),
    planId: variable('System.PlanId'),
    directories: {
      work,
      temp: variable('Agent.TempDirectory') || work,
      staging: (hostType === 'build' && variable('Build.ArtifactStagingDirectory')) || work,
      artifacts: [
        ...new Set(
          [
            'Pipeline.Workspace',
            'System.ArtifactsDirectory',
            'Build.ArtifactStagingDirectory',
            'Agent.ReleaseDirectory',
          ]
            .map(variable)
            .filter((directory) => directory !== ''),
        ),
      ],
    },
    server: () => {
      const token = tl.getEndpointAuthorizationParameter('SYSTEMVSSCONNECTION', 'AccessToken', true);
      if (!token) return undefined;
      // The address by which the agent itself calls the server.
      const address = (tl.getEndpointUrl('SYSTEMVSSCONNECTION', true) || collectionUri).replace(/\/*$/, '/');
      const projectUrl = `${address}${encodeURIComponent(variable('System.TeamProjectId') || project)}/`;
      return { projectUrl, accessToken: new Secret(token) };
    },
  };
}
