/** A run of ACR Tasks, as the local cloud keeps it. Source: azure-specs 2019-06-01-preview, RunProperties. */
export interface TaskRun {
  runId: string;
  registry: string;
  resourceGroup: string;
  status: RunStatus;
  provisioningState: 'Creating' | 'Updating' | 'Succeeded' | 'Failed' | 'Canceled';
  createTime: string;
  startTime?: string;
  finishTime?: string;
  lastUpdatedTime: string;
  runErrorMessage?: string;
  outputImages: OutputImage[];
  request: RunRequest;
}

export type RunStatus = 'Queued' | 'Started' | 'Running' | 'Succeeded' | 'Failed' | 'Canceled' | 'Error' | 'Timeout';

export interface OutputImage {
  registry: string;
  repository: string;
  tag: string;
  digest: string;
}

/** What every kind of run says. */
export interface RunTerms {
  /** Seconds. */
  timeout: number;
  platform: { os: string; architecture?: string; variant?: string };
  agentConfiguration?: { cpu?: number };
  isArchiveEnabled: boolean;
  sourceRegistryLogin: 'None' | 'Default';
  /** Whether it pulls and pushes with the rights of whoever started it. */
  actsAsCaller?: boolean;
  customRegistries: string[];
}

/** Secret values are not kept: only the run has them, in memory. */
export interface GivenValue {
  name: string;
  value?: string;
  isSecret: boolean;
}

export interface DockerBuildRequest extends RunTerms {
  type: 'DockerBuildRequest';
  dockerFilePath: string;
  sourceLocation: string;
  imageNames: string[];
  isPushEnabled: boolean;
  noCache: boolean;
  target?: string;
  arguments: GivenValue[];
}

/** A run of several steps. */
export interface EncodedTaskRunRequest extends RunTerms {
  type: 'EncodedTaskRunRequest';
  encodedTaskContent: string;
  encodedValuesContent?: string;
  values: GivenValue[];
  sourceLocation?: string;
}

export type RunRequest = DockerBuildRequest | EncodedTaskRunRequest;

export const isFinished = (run: TaskRun): boolean => !['Queued', 'Started', 'Running'].includes(run.status);
