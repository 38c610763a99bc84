import * as tl from 'azure-pipelines-task-lib/task';
import { withoutUserInfo } from '../azure/http/url';
import type { Pipeline } from '../pipeline';
import { Secret } from '../secret';

const variable = (name: string): string => tl.getVariable(name) || '';

/** Reads the predefined variables of Azure Pipelines. Source: learn.microsoft.com/azure/devops/pipelines/build/variables. */
export function readPipeline(): Pipeline {
  const collectionUri = variable('System.CollectionUri') || variable('System.TeamFoundationCollectionUri');
  const project = variable('System.TeamProject');
  const projectUrl = `${collectionUri}${encodeURIComponent(project)}`;
  const hostType = variable('System.HostType') === 'build' ? 'build' : 'release';
  const work = variable('System.DefaultWorkingDirectory') || process.cwd();
  return {
    hostType,
    collectionUri,
    project,
    projectId: variable('System.TeamProjectId'),
    build: readBuild(projectUrl),
    release: readRelease(projectUrl),
    repository: readRepository(work),
    pullRequest: readPullRequest(),
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
    directories: readDirectories(hostType, work),
    server: () => readServer(collectionUri, project),
  };
}

function readBuild(projectUrl: string): Pipeline['build'] {
  const id = variable('Build.BuildId');
  if (!id) return undefined;
  return {
    id,
    number: variable('Build.BuildNumber'),
    definition: variable('Build.DefinitionName'),
    url: `${projectUrl}/_build/results?buildId=${id}`,
  };
}

function readRelease(projectUrl: string): Pipeline['release'] {
  const id = variable('Release.ReleaseId');
  if (!id) return undefined;
  return {
    id,
    name: variable('Release.ReleaseName'),
    environment: variable('Release.EnvironmentName'),
    url: variable('Release.ReleaseWebURL') || `${projectUrl}/_release?releaseId=${id}`,
  };
}

function readRepository(work: string): Pipeline['repository'] {
  const uri = variable('Build.Repository.Uri');
  if (!uri) return undefined;
  return {
    uri: withoutUserInfo(uri),
    id: variable('Build.Repository.ID'),
    provider: variable('Build.Repository.Provider'),
    branch: variable('Build.SourceBranch'),
    commit: variable('Build.SourceVersion'),
    localPath: variable('Build.Repository.LocalPath') || variable('Build.SourcesDirectory') || work,
  };
}

function readPullRequest(): Pipeline['pullRequest'] {
  const id = variable('System.PullRequest.PullRequestId');
  if (!id) return undefined;
  return {
    id,
    number: variable('System.PullRequest.PullRequestNumber') || id,
    targetBranch: variable('System.PullRequest.TargetBranch'),
    sourceCommit: variable('System.PullRequest.SourceCommitId'),
  };
}

function readDirectories(hostType: Pipeline['hostType'], work: string): Pipeline['directories'] {
  const ofArtifacts = [
    'Pipeline.Workspace',
    'System.ArtifactsDirectory',
    'Build.ArtifactStagingDirectory',
    'Agent.ReleaseDirectory',
  ];
  return {
    work,
    temp: variable('Agent.TempDirectory') || work,
    staging: (hostType === 'build' && variable('Build.ArtifactStagingDirectory')) || work,
    artifacts: [...new Set(ofArtifacts.map(variable).filter((directory) => directory !== ''))],
  };
}

function readServer(collectionUri: string, project: string): ReturnType<Pipeline['server']> {
  const token = tl.getEndpointAuthorizationParameter('SYSTEMVSSCONNECTION', 'AccessToken', true);
  if (!token) return undefined;
  // The address by which the agent itself calls the server.
  const address = (tl.getEndpointUrl('SYSTEMVSSCONNECTION', true) || collectionUri).replace(/\/*$/, '/');
  const projectUrl = `${address}${encodeURIComponent(variable('System.TeamProjectId') || project)}/`;
  return { projectUrl, accessToken: new Secret(token) };
}
