/** Variables that belong to the agent and its server (the agent's Constants.Variables.ReadOnlyVariables). */
const names = [
  'Agent.AcceptTeeEula Agent.AllowAllEndpoints Agent.AllowAllSecureFiles Agent.BuildDirectory Agent.ContainerId',
  'Agent.ContainerNetwork Agent.Diagnostic Agent.HomeDirectory Agent.Id Agent.GitUseSChannel Agent.JobName',
  'Agent.JobStatus Agent.MachineName Agent.Name Agent.OS Agent.OSArchitecture Agent.OSVersion Agent.ProxyUrl',
  'Agent.ProxyUsername Agent.ProxyPassword Agent.ProxyBypassList Agent.RetainDefaultEncoding Agent.ReadOnlyVariables',
  'Agent.RootDirectory Agent.RunMode Agent.ServerOMDirectory Agent.ServicePortPrefix Agent.CAInfo Agent.ClientCert',
  'Agent.ClientCertKey Agent.ClientCertArchive Agent.ClientCertPassword Agent.SkipCertValidation Agent.TempDirectory',
  'Agent.ToolsDirectory Agent.Version Agent.WorkFolder Agent.WorkingDirectory',
  'Build.ArtifactStagingDirectory Build.BinariesDirectory Build.BuildId Build.BuildNumber Build.BuildUri Build.Clean',
  'Build.ContainerId Build.DefinitionName Build.GatedRunCI Build.GatedShelvesetName Build.Repository.Clean',
  'Build.Repository.Git.SubmoduleCheckout Build.Repository.Id Build.Repository.LocalPath Build.Repository.Name',
  'Build.Repository.Provider Build.Repository.Tfvc.Workspace Build.Repository.Uri Build.SourceBranch',
  'Build.SourceTfvcShelveset Build.SourceVersion Build.SourcesDirectory Build.StagingDirectory Build.SyncSources',
  'Build.UseServerWorkspaces Common.TestResultsDirectory Pipeline.Workspace',
  'Agent.ReleaseDirectory Release.Artifacts.Directory Release.AttemptNumber Release.DisableRobocopy',
  'Release.DefinitionName Release.EnvironmentName Release.EnvironmentUri Release.DefinitionId',
  'Release.ReleaseDescription Release.ReleaseId Release.ReleaseName Release.RequestedForId Release.ReleaseUri',
  'Release.Artifact.Download.BufferSize Release.Artifact.Download.ParallelLimit Release.ReleaseWebUrl',
  'Release.RequestorId Release.RobocopyMT Release.SkipArtifactsDownload',
  'System.AccessToken System.ArtifactsDirectory System.CollectionId System.Culture System.Debug',
  'System.DefaultWorkingDirectory System.DefinitionId System.EnableAccessToken System.HostType System.JobAttempt',
  'System.JobId System.JobName System.PhaseAttempt System.PhaseDisplayName System.PhaseName System.PreferGitFromPath',
  'System.PullRequest.TargetBranch System.SelfManageGitCreds System.ServerType System.StageAttempt System.StageName',
  'System.TeamFoundationServerUri System.TeamProject System.TeamProjectId System.WorkFolder Task.DisplayName',
];

const readOnly = new Set(names.flatMap((line) => line.toLowerCase().split(' ')));

export function isReadOnlyName(name: string): boolean {
  return readOnly.has(name.toLowerCase());
}
