import * as tl from 'azure-pipelines-task-lib/task';
import { foreignText } from '../foreignText';
import type { TaskLog } from '../log';

const untrusted: tl.ExternalOutputOptions = { source: 'remote' };

/** The log of the step that the agent runs. Every line is treated as untrusted: names and replies are mixed into our own text. */
export const agentLog: TaskLog = {
  info: (text) => tl.writeExternalOutput(`${foreignText(text)}\n`, untrusted),
  debug: (text) => tl.debugExternalOutput(foreignText(text), untrusted),
  warning: (text) => tl.warningExternalOutput(foreignText(text), untrusted),
  error: (text) => tl.errorExternalOutput(foreignText(text), untrusted),
  group: (title) => tl.writeExternalOutput(`##[group]${foreignText(title)}\n`, untrusted),
  endGroup: () => tl.writeExternalOutput('##[endgroup]\n', untrusted),
  progress: (percent, operation) => tl.setProgress(Math.max(0, Math.min(100, Math.round(percent))), operation),
  taken: async () => {
    const { stdout } = process;
    if (stdout.writableNeedDrain) await new Promise<void>((resolve) => stdout.once('drain', () => resolve()));
  },
};
