import * as tl from 'azure-pipelines-task-lib/task';
import type { TaskLog } from '../log';

const untrusted: tl.ExternalOutputOptions = { source: 'remote' };

/** The log of the step that the agent runs. Every line is treated as untrusted: names and replies are mixed into our own text. */
export const agentLog: TaskLog = {
  info: (text) => tl.writeExternalOutput(`${text}\n`, untrusted),
  debug: (text) => tl.debugExternalOutput(text, untrusted),
  warning: (text) => tl.warningExternalOutput(text, untrusted),
  error: (text) => tl.errorExternalOutput(text, untrusted),
  group: (title) => tl.writeExternalOutput(`##[group]${title}\n`, untrusted),
  endGroup: () => tl.writeExternalOutput('##[endgroup]\n', untrusted),
  progress: (percent, operation) => tl.setProgress(Math.max(0, Math.min(100, Math.round(percent))), operation),
};
