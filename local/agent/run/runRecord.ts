import type { HostType, Issue } from '../stepContext';
import type { SourceVersion } from '../jobVariables';
import type { TaskResult } from '../taskResult';
import type { TestRun } from '../testResults';

/** `run.json`: what a run did. Times are ISO 8601; paths are relative to the run's folder. Nothing secret is in it. */
export interface RunRecord {
  id: number;
  /** Build.BuildNumber, by the pipeline's `name`. */
  number: string;
  pipeline: string;
  file: string;
  hostType: HostType;
  /** Given for this run by --set. */
  set: Record<string, string>;
  source: SourceVersion;
  /** About the pipeline file. */
  warnings: string[];
  /** Of no step: a condition that cannot be evaluated, a folder that cannot be written. */
  errors: string[];
  startTime: string;
  finishTime?: string;
  result?: TaskResult;
  stages: StageRecord[];
  artifacts: ArtifactRecord[];
  buildTags: string[];
  /** What `counter` gave to the variables of this run. */
  counters: Record<string, number>;
  /** What a rerun of the failed jobs needs to know. */
  again: {
    file: string;
    classic?: HostType;
    stages?: string[];
    secretNames: string[];
    skipTasks?: string[];
    variablesFile?: string;
  };
  /** The last model record that a step named, as a file in the run's folder. */
  modelRecord?: string;
  /** The model record that each job left, as files in the run's folder: a run may have several models and deployments. */
  modelRecords?: string[];
}

interface TimedRecord {
  name: string;
  displayName: string;
  startTime?: string;
  finishTime?: string;
  /** Absent while it waits or runs. */
  result?: TaskResult;
  /** Of a rerun: 2 and more. */
  attempt?: number;
}

export interface StageRecord extends TimedRecord {
  dependsOn: string[];
  jobs: JobRecord[];
}

export interface JobRecord extends TimedRecord {
  /** Which job of a matrix, or slice, it is. */
  leg?: string;
  environment?: string;
  steps: StepRecord[];
  /** Output variables as `step.variable`; secret ones are left out. */
  outputs: Record<string, string>;
}

export interface StepRecord extends TimedRecord {
  /** What the step is: a task's name and version, or `script`, `publish`, ... */
  task: string;
  log: string;
  issues: Issue[];
  errorCount: number;
  warningCount: number;
  outputs: Record<string, string>;
  variables: Record<string, string>;
  summaries: Array<{ title: string; file: string }>;
  /** Files that the step attached to itself, by the type that their reader asks for. */
  attachments: Array<{ type: string; name: string; file: string }>;
  testRuns: TestRun[];
}

export interface ArtifactRecord {
  name: string;
  files: Array<{ path: string; bytes: number }>;
}

/** Follows a run while it goes on; the records it gets are those of the run, and change. */
export interface RunObserver {
  runStarted?(run: RunRecord): void;
  stageStarted?(stage: StageRecord): void;
  stageFinished?(stage: StageRecord): void;
  jobStarted?(job: JobRecord, stage: StageRecord): void;
  jobFinished?(job: JobRecord, stage: StageRecord): void;
  stepStarted?(step: StepRecord, job: JobRecord): void;
  stepLine?(line: string, step: StepRecord): void;
  stepProgress?(percent: number, operation: string, step: StepRecord): void;
  stepFinished?(step: StepRecord, job: JobRecord): void;
  runFinished?(run: RunRecord): void;
}
