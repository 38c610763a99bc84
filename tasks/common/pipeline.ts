import type { Secret } from './secret';

/** What a task knows of the pipeline that runs it: plain data, read once from the agent's variables. */
export interface Pipeline {
  /** Classic releases are 'release' (or 'deployment', for deployment groups); YAML stages and classic builds are 'build'. */
  readonly hostType: 'build' | 'release';
  /** https://dev.azure.com/{organization}/ */
  readonly collectionUri: string;
  readonly project: string;
  readonly projectId: string;
  /** The build that runs, or in a release the build whose artifact is released. */
  readonly build?: { readonly id: string; readonly number: string; readonly definition: string; readonly url: string };
  readonly release?: { readonly id: string; readonly name: string; readonly environment: string; readonly url: string };
  readonly repository?: {
    /** Without user-info: a token that a user put into the URL never gets further than here. */
    readonly uri: string;
    readonly id: string;
    /** Build.Repository.Provider: TfsGit, GitHub, … */
    readonly provider: string;
    /** refs/heads/main */
    readonly branch: string;
    readonly commit: string;
    /** Where the sources were checked out. */
    readonly localPath: string;
  };
  readonly pullRequest?: {
    readonly id: string;
    /** As GitHub's users know it; its `id` is another. That of Azure Repos is its id. */
    readonly number: string;
    readonly targetBranch: string;
    readonly sourceCommit: string;
  };
  readonly stage: { readonly name: string; readonly attempt: number };
  readonly job: { readonly id: string; readonly name: string; readonly attempt: number };
  readonly taskInstanceId: string;
  /** The step's name within its job, e.g. train or MLOpsTrain1; unlike the instance's id it is the same in every attempt. */
  readonly step: string;
  readonly planId: string;
  readonly directories: {
    /** System.DefaultWorkingDirectory: where relative paths start. */
    readonly work: string;
    /** Agent.TempDirectory: emptied by the agent after the job. */
    readonly temp: string;
    /** Where this task leaves files for the artifact: Build.ArtifactStagingDirectory, in a release the working directory. */
    readonly staging: string;
    /** Where downloaded artifacts may lie. */
    readonly artifacts: readonly string[];
  };
  /** Where Azure DevOps' REST API of this project is, and the job's own token for it; undefined where the agent gives none. */
  server(): { readonly projectUrl: string; readonly accessToken: Secret } | undefined;
}
