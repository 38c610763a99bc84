/** What a PUT of a job says, in the words of the service (swagger 2024-04-01). All but what is needed may be missing. */
export interface JobInput {
  jobInputType: string;
  value?: string;
  uri?: string;
  mode?: string;
  description?: string;
}

export interface JobOutput {
  jobOutputType: string;
  uri?: string;
  mode?: string;
  description?: string;
}

export interface Resources {
  instanceCount?: number;
  instanceType?: string;
  shmSize?: string;
  dockerArgs?: string;
  properties?: Record<string, unknown>;
}

export interface Distribution {
  distributionType: 'PyTorch' | 'Mpi' | 'TensorFlow';
  processCountPerInstance?: number;
  workerCount?: number;
  parameterServerCount?: number;
}

/** What runs on nodes: a command job's own properties, or a sweep's trial. */
export interface Trial {
  command: string;
  environmentId: string;
  codeId?: string;
  environmentVariables?: Record<string, string>;
  distribution?: Distribution;
  resources?: Resources;
}

interface JobBase {
  experimentName: string;
  computeId?: string;
  identity?: unknown;
  services?: Record<string, unknown>;
  isArchived?: boolean;
  componentId?: string;
  notificationSetting?: unknown;
  inputs?: Record<string, JobInput>;
  outputs?: Record<string, JobOutput>;
  queueSettings?: unknown;
}

export interface CommandJob extends JobBase, Trial {
  jobType: 'Command';
  limits?: { jobLimitsType?: string; timeout?: string };
}

export interface SweepJob extends JobBase {
  jobType: 'Sweep';
  trial: Trial;
  searchSpace: Record<string, unknown>;
  samplingAlgorithm: { samplingAlgorithmType: string; seed?: number };
  /** goal: Minimize or Maximize, without regard to case. */
  objective: { goal: string; primaryMetric: string };
  limits?: {
    jobLimitsType?: string;
    timeout?: string;
    maxTotalTrials?: number;
    maxConcurrentTrials?: number;
    trialTimeout?: string;
  };
  earlyTermination?: unknown;
}

export interface PipelineJob extends JobBase {
  jobType: 'Pipeline';
  jobs: Record<string, Record<string, unknown>>;
  settings?: Record<string, unknown>;
}

export type JobSpecification = CommandJob | SweepJob | PipelineJob;

/** What a PUT of a job says. */
export type JobProperties = Partial<JobSpecification> & {
  displayName?: string | null;
  description?: string | null;
  tags?: Record<string, string> | null;
  properties?: Record<string, string> | null;
};
