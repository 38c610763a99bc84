import type { LoggingCommand } from './loggingCommand';
import type { Attachment, Issue, StepContext, Summary, UploadedArtifact } from './stepContext';
import type { TaskResult } from './taskResult';
import type { TestRun } from './testResults';

/** Everything that a step left behind; texts are masked but for `rawOutput` and `commands`. */
export interface StepOutcome {
  result: TaskResult;
  issues: Issue[];
  errorCount: number;
  warningCount: number;
  /** Output variables by their plain names, without the step's. */
  outputs: Record<string, string>;
  /** Other job variables that the step set. */
  variables: Record<string, string>;
  summaries: Summary[];
  attachments: Attachment[];
  artifacts: UploadedArtifact[];
  testRuns: TestRun[];
  buildTags: string[];
  log: string[];
  /** What the step's processes wrote, both streams in the order in which they came. */
  rawOutput: string;
  commands: LoggingCommand[];
  /** Lines with `##vso` that are not a command: in a task that keeps the protocol there are none. */
  unreadableCommands: string[];
}

export function stepOutcome(context: StepContext): StepOutcome {
  const { masker } = context.options;
  return {
    result: context.result ?? 'succeeded',
    issues: context.issues,
    errorCount: context.errorCount,
    warningCount: context.warningCount,
    outputs: context.outputs,
    variables: context.variablesSet,
    summaries: context.summaries.map((summary) => ({ ...summary, text: masker.mask(summary.text) })),
    attachments: context.attachments,
    artifacts: context.artifacts,
    testRuns: context.testRuns,
    buildTags: context.buildTags,
    log: context.log,
    rawOutput: context.rawOutput.join('\n'),
    commands: context.commands,
    unreadableCommands: context.unreadable,
  };
}
