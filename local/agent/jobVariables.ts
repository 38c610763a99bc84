import os from 'node:os';
import path from 'node:path';
import type { HostType } from './stepContext';
import { Variables } from './variables';

/** Ids that Azure DevOps gives to a project, a pipeline and so on; here they are always the same. */
export const localProject = {
  collectionUri: 'https://localhost/',
  collectionId: '73000000-0000-4000-8000-000000000001',
  project: 'quick-starts',
  projectId: '73000000-0000-4000-8000-000000000002',
  planId: '73000000-0000-4000-8000-000000000003',
} as const;

/** Folders of a job as the real agent lays them out; all are there before a job starts. */
export interface JobFolders {
  /** Of the agent; `_temp` and `_tool` stand in it. */
  work: string;
  /** Of this pipeline: work/1, or work/r1 for a classic release. */
  pipeline: string;
  sources: string;
  binaries: string;
  artifacts: string;
  testResults: string;
  temp: string;
  tools: string;
}

export function jobFolders(work: string, hostType: HostType): JobFolders {
  const pipeline = path.join(work, hostType === 'build' ? '1' : 'r1');
  return {
    work,
    pipeline,
    sources: path.join(pipeline, 's'),
    binaries: path.join(pipeline, 'b'),
    artifacts: path.join(pipeline, 'a'),
    testResults: path.join(pipeline, 'TestResults'),
    temp: path.join(work, '_temp'),
    tools: path.join(work, '_tool'),
  };
}

export interface SourceVersion {
  branch: string;
  commit: string;
  message: string;
  author: string;
  repository: string;
  /** The pull request that a run is for, from its branch into another. */
  pullRequest?: { id: number; sourceBranch: string; targetBranch: string };
}

export interface JobDescription {
  hostType: HostType;
  folders: JobFolders;
  /** Number of the run; a build's id and number come from it. */
  runId: number;
  /** Of the run, ISO 8601: its day is in the build's number. */
  startTime: string;
  /** By the pipeline's `name`. */
  buildNumber?: string;
  pipelineName: string;
  stage: { name: string; displayName: string };
  job: { name: string; displayName: string };
  /** Which job of a matrix, or slice, it is. */
  leg?: string;
  /** From 1. */
  stageAttempt?: number;
  jobAttempt?: number;
  source: SourceVersion;
  /** Of a release stage, and of a deployment job. */
  environment?: string;
  /** Given by the server for tokens of workload identity federation; absent without one. */
  oidcRequestUri?: string;
  accessToken?: string;
}

/** What is known of a run before any job: conditions and `${{ }}` may name it. */
export function sourceVariables(source: SourceVersion): Record<string, string> {
  return {
    'Build.Reason': source.pullRequest ? 'PullRequest' : 'Manual',
    'Build.Repository.Name': source.repository,
    'Build.Repository.Provider': 'TfsGit',
    'Build.Repository.Uri': `${localProject.collectionUri}${localProject.project}/_git/${source.repository}`,
    'Build.SourceBranch': source.branch,
    'Build.SourceBranchName': source.branch.split('/').pop()!,
    'Build.SourceVersion': source.commit,
    'Build.SourceVersionMessage': source.message,
    'Build.SourceVersionAuthor': source.author,
    'System.TeamProject': localProject.project,
    'System.TeamProjectId': localProject.projectId,
    'System.CollectionUri': localProject.collectionUri,
    ...(source.pullRequest && pullRequestVariables(source, source.pullRequest)),
  };
}

/** As Azure Repos has them. */
function pullRequestVariables(
  source: SourceVersion,
  { id, sourceBranch, targetBranch }: NonNullable<SourceVersion['pullRequest']>,
): Record<string, string> {
  return {
    'System.PullRequest.PullRequestId': String(id),
    'System.PullRequest.PullRequestIteration': '1',
    'System.PullRequest.IsFork': 'False',
    'System.PullRequest.SourceBranch': sourceBranch,
    'System.PullRequest.SourceCommitId': source.commit,
    'System.PullRequest.SourceRepositoryURI': `${localProject.collectionUri}${localProject.project}/_git/${source.repository}`,
    'System.PullRequest.TargetBranch': targetBranch,
    'System.PullRequest.TargetBranchName': targetBranch.replace('refs/heads/', ''),
  };
}

/** The predefined variables of a job, as the server and the agent of Azure DevOps set them together. */
export function jobVariables(job: JobDescription): Variables {
  const variables = new Variables({
    ...sourceVariables(job.source),
    ...systemVariables(job),
    ...agentVariables(job),
    ...buildVariables(job),
  });
  const ofHost = job.hostType === 'build' ? buildHostVariables(job.folders) : releaseHostVariables(job);
  for (const [name, value] of Object.entries(ofHost)) variables.set(name, value);
  if (job.environment) variables.set('Environment.Name', job.environment);
  if (job.oidcRequestUri) variables.set('System.OidcRequestUri', job.oidcRequestUri);
  if (job.accessToken) variables.set('System.AccessToken', job.accessToken, { secret: true });
  return variables;
}

const requester = (): string => process.env.USER ?? process.env.LOGNAME ?? 'local';

const buildNumberOf = ({ buildNumber, startTime, runId }: JobDescription): string =>
  buildNumber ?? `${startTime.slice(0, 10).replaceAll('-', '')}.${runId}`;

const systemVariables = (run: JobDescription): Record<string, string> => ({
  'System.HostType': run.hostType,
  'System.ServerType': 'Hosted',
  'System.Culture': 'en-US',
  'System.CollectionId': localProject.collectionId,
  'System.TeamFoundationCollectionUri': localProject.collectionUri,
  'System.TaskDefinitionsUri': localProject.collectionUri,
  'System.DefinitionId': '1',
  'System.DefinitionName': run.pipelineName,
  'System.PlanId': localProject.planId,
  'System.JobId': '12f1170f-54f2-53f3-20dd-22fc7dff55f9',
  'System.JobName': run.leg ?? run.job.name,
  'System.JobDisplayName': run.job.displayName,
  'System.JobIdentifier': `${run.stage.name}.${run.job.name}.${run.leg ?? '__default'}`,
  'System.JobAttempt': String(run.jobAttempt ?? 1),
  'System.PhaseName': run.job.name,
  'System.PhaseDisplayName': run.job.displayName,
  'System.PhaseAttempt': String(run.jobAttempt ?? 1),
  'System.StageName': run.stage.name,
  'System.StageDisplayName': run.stage.displayName,
  'System.StageAttempt': String(run.stageAttempt ?? 1),
  'System.TimelineId': localProject.planId,
  'System.WorkFolder': run.folders.work,
});

const agentVariables = ({ folders, job }: JobDescription): Record<string, string> => ({
  'Agent.Id': '1',
  'Agent.Name': 'local',
  'Agent.MachineName': os.hostname(),
  'Agent.Version': '4.265.0',
  'Agent.OS': { linux: 'Linux', darwin: 'Darwin', win32: 'Windows_NT' }[process.platform as string] ?? 'Linux',
  'Agent.OSArchitecture': process.arch === 'arm64' ? 'ARM64' : 'X64',
  'Agent.HomeDirectory': path.dirname(folders.work),
  'Agent.RootDirectory': folders.work,
  'Agent.WorkFolder': folders.work,
  'Agent.BuildDirectory': folders.pipeline,
  'Agent.TempDirectory': folders.temp,
  'Agent.ToolsDirectory': folders.tools,
  'Agent.JobName': job.displayName,
  'Agent.JobStatus': 'Succeeded',
  'Agent.RetainDefaultEncoding': 'false',
});

const buildVariables = (run: JobDescription): Record<string, string> => ({
  'Build.BuildId': String(run.runId),
  'Build.BuildNumber': buildNumberOf(run),
  'Build.BuildUri': `vstfs:///Build/Build/${run.runId}`,
  'Build.ContainerId': String(run.runId),
  'Build.DefinitionName': run.pipelineName,
  'Build.DefinitionVersion': '1',
  'Build.QueuedBy': requester(),
  'Build.RequestedFor': requester(),
  'Build.RequestedForEmail': '',
  'Pipeline.Workspace': run.folders.pipeline,
});

const buildHostVariables = (folders: JobDescription['folders']): Record<string, string> => ({
  'System.DefaultWorkingDirectory': folders.sources,
  'System.ArtifactsDirectory': folders.artifacts,
  'Build.SourcesDirectory': folders.sources,
  'Build.Repository.LocalPath': folders.sources,
  'Build.BinariesDirectory': folders.binaries,
  'Build.ArtifactStagingDirectory': folders.artifacts,
  'Build.StagingDirectory': folders.artifacts,
  'Common.TestResultsDirectory': folders.testResults,
});

const releaseHostVariables = (run: JobDescription): Record<string, string> => ({
  'System.DefaultWorkingDirectory': run.folders.artifacts,
  'System.ArtifactsDirectory': run.folders.artifacts,
  'Agent.ReleaseDirectory': run.folders.artifacts,
  'Release.ReleaseId': String(run.runId),
  'Release.ReleaseName': `Release-${run.runId}`,
  'Release.ReleaseUri': `vstfs:///ReleaseManagement/Release/${run.runId}`,
  'Release.DefinitionName': run.pipelineName,
  'Release.DefinitionId': '1',
  'Release.EnvironmentId': '1',
  'Release.EnvironmentName': run.stage.displayName,
  'Release.EnvironmentUri': 'vstfs:///ReleaseManagement/Environment/1',
  'Release.DefinitionEnvironmentId': '1',
  'Release.DeploymentID': '1',
  'Release.AttemptNumber': '1',
  'Release.RequestedFor': requester(),
  'Release.Reason': 'Manual',
  'Release.PrimaryArtifactSourceAlias': '_build',
  'Release.Artifacts._build.BuildId': String(run.runId),
  'Release.Artifacts._build.BuildNumber': buildNumberOf(run),
});
