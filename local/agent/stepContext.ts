import type { SecretMasker } from './secretMasker';
import type { ServiceEndpoint } from '../serviceEndpoint';
import type { TaskDefinition } from './taskDefinition';
import { mergeTaskResults, type TaskResult } from './taskResult';
import type { LoggingCommand } from './loggingCommand';
import type { TestRun } from './testResults';
import type { Variables } from './variables';

/** A YAML pipeline and a classic build are `build`; a stage of a classic release is `release`. */
export type HostType = 'build' | 'release';

export interface Issue {
  type: 'error' | 'warning';
  message: string;
  /** What the logging command said besides: code, sourcepath, source, ... */
  data: Record<string, string>;
}

export interface Summary {
  path: string;
  /** Markdown, as it was when the task handed it over. */
  text: string;
}

export interface Attachment {
  type: string;
  name: string;
  path: string;
}

export interface UploadedArtifact {
  name: string;
  /** Folder inside the artifact; the artifact's own name unless the task said otherwise. */
  containerFolder: string;
  path: string;
}

/** A nested record in the step's timeline (`task.logdetail`). */
export interface DetailRecord {
  id: string;
  parentId?: string;
  type: string;
  name: string;
  state?: string;
  result?: string;
  progress?: number;
}

export interface StepContextOptions {
  hostType: HostType;
  /** The step's `name`; its output variables are `<refName>.<variable>`. */
  refName: string;
  task?: TaskDefinition;
  variables: Variables;
  taskVariables: Variables;
  endpoints: ServiceEndpoint[];
  masker: SecretMasker;
  /** Whether the identity of the job has the permission by which builds are tagged; it has unless somebody took it away. */
  mayEditBuildQuality?: boolean;
  /** The tags that earlier steps gave the build. */
  earlierBuildTags?: readonly string[];
  /** The job's folders before PATH; a step adds to them. */
  prependPath: string[];
  /** Each line of the log as the user sees it, masked. */
  onLine: (line: string) => void;
  onProgress?: (percent: number, operation: string) => void;
}

/** An agent keeps this many errors, and as many warnings, of a step; it counts the rest. */
export const maxIssues = 10;

/** What a step did so far: all that its logging commands change. */
export class StepContext {
  result: TaskResult | undefined;
  /** The worst that a logging command itself came to; merged into the result when the step ends. */
  commandResult: TaskResult | undefined;
  progress = 0;
  errorCount = 0;
  warningCount = 0;
  readonly issues: Issue[] = [];
  readonly outputs: Record<string, string> = {};
  readonly variablesSet: Record<string, string> = {};
  readonly summaries: Summary[] = [];
  readonly attachments: Attachment[] = [];
  readonly artifacts: UploadedArtifact[] = [];
  readonly testRuns: TestRun[] = [];
  readonly buildTags: string[] = [];
  readonly details = new Map<string, DetailRecord>();
  readonly commands: LoggingCommand[] = [];
  /** Lines that say `##vso` and are not a command that the agent could read. */
  readonly unreadable: string[] = [];
  readonly log: string[] = [];
  /** What the step's processes wrote, both streams in the order in which they came; not masked. */
  readonly rawOutput: string[] = [];
  /** Set by `task.complete ...;done=true`: the agent waits no longer than 5 s for the process. */
  completed!: Promise<void>;
  markCompleted!: () => void;

  constructor(readonly options: StepContextOptions) {
    this.startAttempt();
  }

  /** Forgets how an earlier attempt of the step ended. */
  startAttempt(): void {
    this.result = undefined;
    this.commandResult = undefined;
    this.progress = 0;
    this.completed = new Promise((resolve) => (this.markCompleted = resolve));
  }

  write(line: string): void {
    for (const part of this.options.masker.mask(line).split(/\r?\n/)) {
      this.log.push(part);
      this.options.onLine(part);
    }
  }

  section(text: string): void {
    this.write(`##[section]${text}`);
  }

  debug(text: string): void {
    if (this.options.variables.get('System.Debug')?.toLowerCase() === 'true') {
      for (const line of text.split(/\r?\n/)) this.write(`##[debug]${line}`);
    }
  }

  error(message: string): void {
    this.addIssue({ type: 'error', message, data: {} });
  }

  warning(message: string): void {
    this.addIssue({ type: 'warning', message, data: {} });
  }

  addIssue(issue: Issue): void {
    if (issue.message !== '') this.write(`##[${issue.type}]${issue.message}`);
    const count = issue.type === 'error' ? this.errorCount++ : this.warningCount++;
    if (count < maxIssues) this.issues.push(this.options.masker.maskAll(issue));
  }

  /** Progress never goes back. */
  setProgress(percent: number, operation: string): void {
    this.progress = Math.max(this.progress, Math.min(Math.max(percent, 0), 100));
    this.options.onProgress?.(this.progress, this.options.masker.mask(operation));
  }

  /** An output variable is set only as `<refName>.<name>`; any other one under its own name (ExecutionContext.SetVariable). */
  setVariable(
    name: string,
    value: string,
    flags: { secret: boolean; output: boolean; readOnly: boolean; preserveCase?: boolean },
  ): void {
    const { variables, refName, task } = this.options;
    const declared = task?.outputVariables.some((output) => output.name === name) ?? false;
    if (flags.output || declared) {
      this.outputs[name] = value;
      variables.set(`${refName}.${name}`, value, { ...flags, readOnly: flags.output || flags.readOnly });
    } else {
      this.variablesSet[name] = value;
      variables.set(name, value, flags);
    }
  }

  /** Merges what the commands came to into the result: what the step ends with. */
  complete(): TaskResult {
    if (this.commandResult !== undefined) this.result = mergeTaskResults(this.result, this.commandResult);
    this.result ??= 'succeeded';
    return this.result;
  }
}
