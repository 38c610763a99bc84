import assert from 'node:assert/strict';
import { duration } from '../../../local/agent/run/duration';
import type { JobRecord, StepRecord } from '../../../local/agent/run/runRecord';
import { painter, Terminal, type TerminalStream } from '../../../local/agent/run/terminal';

class Screen implements TerminalStream {
  text = '';
  constructor(readonly isTTY: boolean) {}
  write(text: string): void {
    this.text += text;
  }
}

const step = {
  displayName: 'Train',
  startTime: '2026-11-22T10:00:00.000Z',
  finishTime: '2026-11-22T10:01:05.000Z',
  result: 'failed',
} as StepRecord;
const job = { displayName: 'Model', steps: [step] } as unknown as JobRecord;

/** What a screen shows after a step that wrote these lines. */
function show(screen: Screen, lines: string[]): string {
  const terminal = new Terminal(screen);
  terminal.stepStarted(step, job);
  for (const line of lines) terminal.stepLine(line);
  terminal.stepFinished(step);
  return screen.text;
}

describe('the terminal', () => {
  it('shows a step with its groups, errors and result', () => {
    const text = show(new Screen(false), [
      '##[section]Starting: Train',
      '##[group]Uploading',
      'a.py',
      '##[endgroup]',
      '##[error]It went wrong',
      'end',
      '##[section]Finishing: Train',
    ]);
    assert.equal(
      text,
      '\n▶ Train (1/1)\n  ▾ Uploading\n    a.py\n  Error: It went wrong\n  end\n✖ Train failed 1 min 5 s\n',
    );
  });

  it('says once of an environment that packages are installed, and leaves out the head of the log', () => {
    const rule = '='.repeat(78);
    const text = show(new Screen(false), [
      rule,
      'Task         : MLOps: Train',
      rule,
      'Creating a virtual environment with Python 3.11.7',
      'Collecting numpy==2.2.6 (from -r requirements.txt (line 1))',
      '  Downloading numpy-2.2.6-cp311.whl (16.8 MB)',
      'Successfully installed numpy-2.2.6',
      'epoch 1',
      'Creating a virtual environment with Python 3.11.7',
      'Using Python 3.11.7 environment at: .local/cache/python/db03',
      'Resolved 64 packages in 1.16s',
      'Installed 64 packages in 991ms',
      ' + annotated-doc==0.0.7',
      ' - pip==24.0',
    ]);
    assert.equal(
      text,
      '\n▶ Train (1/1)\n  Creating a virtual environment with Python 3.11.7\n  Installing Python packages\n  epoch 1\n' +
        '  Creating a virtual environment with Python 3.11.7\n  Installing Python packages\n✖ Train failed 1 min 5 s\n',
    );
  });

  it('says nothing of a post-job step that had nothing to do', () => {
    const post = { ...step, displayName: 'Post-job: Train', result: 'succeeded' } as StepRecord;
    const screen = new Screen(false);
    const terminal = new Terminal(screen);
    const end = (lines: string[]): string => {
      screen.text = '';
      terminal.stepStarted(post, { ...job, steps: [post] });
      for (const line of ['##[section]Starting: Post-job: Train', ...lines]) terminal.stepLine(line);
      terminal.stepFinished(post);
      return screen.text;
    };
    assert.equal(end([]), '');
    assert.equal(
      end(['Cancelled the job']),
      '\n▶ Post-job: Train (1/1)\n  Cancelled the job\n✔ Post-job: Train 1 min 5 s\n',
    );
  });

  it('lets no line steer it, and keeps colours', () => {
    const text = show(new Screen(false), ['a\x1b[2Jb\x07\x1b]0;title\x07c \x1b[31mred\x1b[0m\ttab']);
    assert.ok(text.includes('a[2Jb]0;titlec \x1b[31mred\x1b[0m\ttab'), JSON.stringify(text));
  });

  it('shows what runs at the bottom, and clears that before a line', () => {
    const screen = new Screen(true);
    const text = show(screen, ['first']);
    assert.ok(text.includes('\r\x1b[K  first\n\r\x1b[K'), JSON.stringify(text));
    assert.ok(text.endsWith('\n'));
  });

  it('obeys NO_COLOR and FORCE_COLOR', () => {
    const colour = (tty: boolean, environment: NodeJS.ProcessEnv) =>
      painter(new Screen(tty), environment)('red', 'x') !== 'x';
    assert.deepEqual(
      [colour(true, {}), colour(true, { NO_COLOR: '1' }), colour(false, {}), colour(false, { FORCE_COLOR: '1' })],
      [true, false, false, true],
    );
  });

  it('tells time for people', () => {
    assert.deepEqual([449, 9_940, 12_000, 65_000, 3_725_000].map(duration), [
      '0.4 s',
      '9.9 s',
      '12 s',
      '1 min 5 s',
      '1 h 2 min',
    ]);
  });
});
