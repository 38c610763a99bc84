import type { TaskResult } from '../taskResult';
import { Chatter } from './chatter';
import { timeTaken } from './duration';
import type { JobRecord, RunObserver, RunRecord, StageRecord, StepRecord } from './runRecord';

/** Where the terminal's text goes: process.stdout, or a test's. */
export interface TerminalStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Style = keyof typeof codes;

/** Colours text if the stream is a terminal and NO_COLOR (https://no-color.org) does not ask for none. */
export function painter(stream: TerminalStream, environment = process.env): (style: Style, text: string) => string {
  const enabled = environment.FORCE_COLOR ? true : stream.isTTY === true && !environment.NO_COLOR;
  return (style, text) => (enabled ? `\x1b[${codes[style]}m${text}\x1b[0m` : text);
}

/** A mark and a colour for each result. */
export const resultLook: Record<TaskResult, { mark: string; style: Style; text: string }> = {
  succeeded: { mark: '✔', style: 'green', text: 'succeeded' },
  succeededWithIssues: { mark: '!', style: 'yellow', text: 'succeeded with issues' },
  failed: { mark: '✖', style: 'red', text: 'failed' },
  canceled: { mark: '■', style: 'yellow', text: 'canceled' },
  skipped: { mark: '○', style: 'dim', text: 'skipped' },
  abandoned: { mark: '■', style: 'red', text: 'abandoned' },
};

const lineStyles: Record<string, Style> = {
  section: 'green',
  command: 'blue',
  error: 'red',
  warning: 'yellow',
  debug: 'magenta',
};

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Shows a run while it goes on: stages, jobs, steps and their logs, and at the bottom of a terminal what runs now. */
export class Terminal implements RunObserver {
  readonly #paint: (style: Style, text: string) => string;
  #step: StepRecord | undefined;
  #percent = 0;
  #operation = '';
  #groupDepth = 0;
  #chatter = new Chatter();
  /** The title of a step that has said nothing yet, and may have nothing to say. */
  #title: string | undefined;
  #frame = 0;
  #statusShown = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly stream: TerminalStream,
    readonly timestamps = false,
  ) {
    this.#paint = painter(stream);
  }

  runStarted(run: RunRecord): void {
    const { branch, commit } = run.source;
    const place = `${branch.replace('refs/heads/', '')} ${commit.slice(0, 8)}`;
    this.#line(`${this.#paint('bold', `Run ${run.id}`)} of ${run.file} at ${place}`);
    for (const [name, value] of Object.entries(run.set)) this.#line(`  ${name} = ${value}`);
    for (const warning of run.warnings) this.#line(this.#paint('yellow', `Warning: ${warning}`));
  }

  stageStarted(stage: StageRecord): void {
    const title = ` Stage: ${stage.displayName} `;
    const rule = '━'.repeat(Math.max(4, Math.min(this.stream.columns ?? 80, 100) - title.length - 2));
    this.#line('');
    this.#line(this.#paint('bold', `━━${title}${rule}`));
  }

  stageFinished(stage: StageRecord): void {
    if (stage.result === 'skipped') {
      this.#line('');
      this.#line(this.#paint('dim', `○ Stage: ${stage.displayName} was skipped`));
    }
  }

  jobStarted(job: JobRecord): void {
    this.#line(`${this.#paint('bold', `Job: ${job.displayName}`)}${job.environment ? ` to ${job.environment}` : ''}`);
  }

  stepStarted(step: StepRecord, job: JobRecord): void {
    this.#step = step;
    this.#percent = 0;
    this.#operation = '';
    this.#groupDepth = 0;
    this.#chatter = new Chatter();
    const position = `(${job.steps.indexOf(step) + 1}/${job.steps.length})`;
    this.#title = `${this.#paint('cyan', '▶')} ${this.#paint('bold', step.displayName)} ${this.#paint('dim', position)}`;
    if (!step.displayName.startsWith('Post-job: ')) this.#showTitle();
    if (this.stream.isTTY) {
      this.#timer = setInterval(() => this.#drawStatus(), 120);
      this.#timer.unref();
    }
  }

  stepLine(line: string): void {
    const [, tag, text] = /^##\[(\w+)\](.*)$/s.exec(line) ?? [];
    const time = this.timestamps ? this.#paint('dim', `${new Date().toISOString().slice(11, 23)} `) : '';
    if (tag === 'endgroup') {
      this.#groupDepth = Math.max(0, this.#groupDepth - 1);
      return;
    }
    const indent = '  '.repeat(1 + this.#groupDepth);
    if (tag === 'group') {
      this.#groupDepth++;
      this.#line(`${time}${indent}${this.#paint('bold', `▾ ${harmless(text!)}`)}`);
      return;
    }
    // The terminal has its own lines for the beginning and the end of a step.
    if (tag === 'section' && /^(Starting|Finishing): /.test(text!)) return;
    if (this.#chatter.isHead(line)) return;
    const packages = this.#chatter.packageLine(line);
    if (packages) {
      this.#operation = packages.text;
      if (packages.isFirst) this.#line(`${time}  ${this.#paint('dim', 'Installing Python packages')}`);
      return;
    }
    const style = tag === undefined ? undefined : lineStyles[tag];
    const label = tag === 'error' ? 'Error: ' : tag === 'warning' ? 'Warning: ' : '';
    const shown = style === undefined ? harmless(line) : this.#paint(style, label + harmless(text!));
    this.#line(`${time}${indent}${shown}`);
  }

  stepProgress(percent: number, operation: string): void {
    this.#percent = percent;
    this.#operation = operation;
  }

  stepFinished(step: StepRecord): void {
    clearInterval(this.#timer);
    this.#step = undefined;
    // A post-job step that had nothing to do.
    if (this.#title !== undefined && step.result === 'succeeded') {
      this.#title = undefined;
      return;
    }
    const look = resultLook[step.result!];
    const word = step.result === 'succeeded' ? '' : ` ${look.text}`;
    const time = step.result === 'skipped' ? '' : this.#paint('dim', ` ${timeTaken(step)}`);
    this.#line(`${this.#paint(look.style, `${look.mark} ${step.displayName}${word}`)}${time}`);
  }

  runFinished(run: RunRecord): void {
    for (const error of run.errors) this.#line(this.#paint('red', error));
  }

  #showTitle(): void {
    const title = this.#title;
    this.#title = undefined;
    if (title === undefined) return;
    this.#line('');
    this.#line(title);
  }

  #line(text: string): void {
    this.#showTitle();
    if (this.#statusShown) this.stream.write('\r\x1b[K');
    this.#statusShown = false;
    this.stream.write(`${text}\n`);
    this.#drawStatus();
  }

  #drawStatus(): void {
    if (!this.stream.isTTY || !this.#step) return;
    this.#frame = (this.#frame + 1) % spinner.length;
    const filled = Math.round(this.#percent / 5);
    const bar = this.#percent > 0 ? ` ${'█'.repeat(filled)}${'░'.repeat(20 - filled)} ${this.#percent} %` : '';
    const operation = this.#operation ? ` ${harmless(this.#operation).replace(/\s+/g, ' ')}` : '';
    const text = `${spinner[this.#frame]} ${this.#step.displayName} ${timeTaken(this.#step)}${bar}${operation}`;
    this.stream.write(`\r\x1b[K${this.#paint('cyan', text.slice(0, (this.stream.columns ?? 80) - 1))}`);
    this.#statusShown = true;
  }
}

/** Colours may stay in a step's output; nothing else in it may steer the terminal. */
function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\x1b(?!\[[\d;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f]/g, '');
}
