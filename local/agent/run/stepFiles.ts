import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { StepOutcome } from '../stepOutcome';
import type { StepRecord } from './runRecord';

/** A name for files, from whatever a pipeline calls its parts. */
export function fileName(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+|-+$/g, '') || 'step';
}

/** The log of a step, written while it runs; each line has its time, as a log that is downloaded from Azure DevOps has. */
export class StepLog {
  readonly #file: number;

  constructor(file: string) {
    mkdirSync(path.dirname(file), { recursive: true });
    this.#file = openSync(file, 'w');
  }

  write(line: string): void {
    writeSync(this.#file, `${new Date().toISOString().replace('Z', '0000Z')} ${line}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Keeps what a step handed over, summaries, attachments and test results, in the run's folder, and says where. */
export function keepStepFiles(
  runFolder: string,
  prefix: string,
  outcome: StepOutcome,
): Pick<StepRecord, 'summaries' | 'attachments' | 'testRuns'> {
  const place = (folder: string, name: string): { relative: string; absolute: string } => {
    const relative = free(runFolder, path.join(folder, `${prefix}-${fileName(name)}`));
    const absolute = path.join(runFolder, relative);
    mkdirSync(path.dirname(absolute), { recursive: true });
    return { relative, absolute };
  };
  const summaries = outcome.summaries.map((summary) => {
    const { relative, absolute } = place('summaries', path.basename(summary.path));
    writeFileSync(absolute, summary.text);
    return { title: path.parse(summary.path).name, file: relative };
  });
  const copy = (folder: string, file: string, name: string): string => {
    const { relative, absolute } = place(folder, name);
    copyFileSync(file, absolute);
    return relative;
  };
  const attachments = outcome.attachments
    .filter(({ type, path: file }) => !type.endsWith('.Summary') && existsSync(file))
    .map(({ type, name, path: file }) => ({ type, name, file: copy('attachments', file, name) }));
  const testRuns = outcome.testRuns.map((run) => ({
    ...run,
    files: run.files.filter(existsSync).map((file) => copy('test-results', file, path.basename(file))),
  }));
  return { summaries, attachments, testRuns };
}

function free(root: string, relative: string): string {
  const { dir, name, ext } = path.parse(relative);
  let candidate = relative;
  for (let n = 2; existsSync(path.join(root, candidate)); n++) candidate = path.join(dir, `${name}-${n}${ext}`);
  return candidate;
}
