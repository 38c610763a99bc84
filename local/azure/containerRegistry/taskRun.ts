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
  request: DockerBuildRequest;
}

export type RunStatus = 'Queued' | 'Started' | 'Running' | 'Succeeded' | 'Failed' | 'Canceled' | 'Error' | 'Timeout';

export interface OutputImage {
  registry: string;
  repository: string;
  tag: string;
  digest: string;
}

export interface DockerBuildRequest {
  type: 'DockerBuildRequest';
  dockerFilePath: string;
  sourceLocation: string;
  imageNames: string[];
  isPushEnabled: boolean;
  noCache: boolean;
  target?: string;
  /** Seconds. */
  timeout: number;
  platform: { os: string; architecture?: string; variant?: string };
  /** Secret values are not kept: the run alone has them, in memory. */
  arguments: Array<{ name: string; value?: string; isSecret: boolean }>;
  agentConfiguration?: { cpu?: number };
  isArchiveEnabled: boolean;
  sourceRegistryLogin: 'None' | 'Default';
  /** Whether it pulls and pushes with the rights of whoever started it. */
  actsAsCaller?: boolean;
  customRegistries: string[];
}

export const isFinished = (run: TaskRun): boolean => !['Queued', 'Started', 'Running'].includes(run.status);
