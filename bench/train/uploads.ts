/** Uploads of code: of many files and of a large one, for the first time and unchanged. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { median, toRow, type Row } from '../rows';
import { reference, type Result, type Sides } from './sides';

const largeBytes = 1024 ** 3;
const rounds = 3;

export async function uploadRows(sides: Sides, scratch: string): Promise<Row[]> {
  return [
    ...(await besideReference('10,000 files of 2 KiB', 0.35, sides, async (side) =>
      manyFiles(path.join(scratch, side), 10_000),
    )),
    ...(await besideReference('one file of 1 GiB', 0.25, sides, async (side) => largeFile(path.join(scratch, side)))),
    ...(await veryManyFiles(sides, scratch)),
    ...(await unchanged(sides, scratch)),
  ];
}

async function besideReference(
  what: string,
  timeRatio: number,
  sides: Sides,
  make: (side: string) => Promise<string>,
): Promise<Row[]> {
  const results: Record<keyof Sides, Result[]> = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    for (const side of ['ours', 'theirs'] as const) {
      // Each has content of its own: what was uploaded before would only be found again.
      const folder = await make(`${side}-${round}`);
      results[side].push(await sides[side]('upload', folder));
      rmSync(folder, { recursive: true });
    }
  }
  const middle = (side: keyof Sides, field: keyof Result) => median(results[side].map((each) => each[field]));
  const method = `Upload: ${rounds} runs of each, turn and turn about, each in a process of its own, from the walk of the folder to the code version; the median. Processor time is the client's; memory is the peak, above what the process takes before the work.`;
  return [
    toRow('train', {
      name: `upload of ${what}`,
      ours: middle('ours', 'seconds'),
      unit: 's',
      reference: { name: reference, value: middle('theirs', 'seconds') },
      goal: { ratioAtMost: timeRatio },
      method,
    }),
    toRow('train', {
      name: `upload of ${what}: processor time`,
      ours: middle('ours', 'cpuSeconds'),
      unit: 's',
      reference: { name: reference, value: middle('theirs', 'cpuSeconds') },
      method,
    }),
    toRow('train', {
      name: `upload of ${what}: memory`,
      ours: above(results.ours),
      unit: 'MB',
      reference: { name: reference, value: above(results.theirs) },
      goal: { atMost: 150 },
      method,
    }),
  ];
}

function above(results: Result[]): number {
  return median(results.map(({ megabytes, base }) => megabytes - base));
}

async function veryManyFiles({ ours }: Sides, scratch: string): Promise<Row[]> {
  const folder = manyFiles(path.join(scratch, 'very-many'), 100_000);
  const result = await ours('upload', folder);
  rmSync(folder, { recursive: true });
  const method =
    'One run of ours: azure-ai-ml would take minutes; memory is above what the process takes before the work.';
  return [
    toRow('train', { name: 'upload of 100,000 files of 2 KiB', ours: result.seconds, unit: 's', method }),
    toRow('train', {
      name: 'upload of 100,000 files of 2 KiB: memory',
      ours: above([result]),
      unit: 'MB',
      goal: { atMost: 150 },
      method,
    }),
  ];
}

/** A fresh checkout of what was uploaded before: every file is new to the machine, and its content is not. */
async function unchanged({ ours }: Sides, scratch: string): Promise<Row[]> {
  const method = `Unchanged: a copy of what was uploaded, in a new folder; ours from the walk of the folder to the code version that is there, beside sha256sum over the same files; ${rounds} runs of each, turn and turn about; the median. A ratio of 2 is half its speed.`;
  const rows: Row[] = [];
  for (const [what, make] of [
    ['10,000 files of 2 KiB', async (folder: string) => manyFiles(folder, 10_000)],
    ['one file of 1 GiB', largeFile],
  ] as const) {
    const first = await make(path.join(scratch, 'first', 'src'));
    await ours('upload', first);
    const checkout = path.join(scratch, 'second', 'src');
    cpSync(first, checkout, { recursive: true });
    const seconds: number[] = [];
    const sums: number[] = [];
    const requests: number[] = [];
    for (let round = 0; round < rounds; round++) {
      sums.push(sha256sum(checkout));
      const result = await ours('upload', checkout);
      seconds.push(result.seconds);
      requests.push(result.requests);
    }
    rmSync(path.join(scratch, 'first'), { recursive: true });
    rmSync(path.join(scratch, 'second'), { recursive: true });
    rows.push(
      toRow('train', {
        name: `unchanged snapshot of ${what}`,
        ours: median(seconds),
        unit: 's',
        reference: { name: 'sha256sum', value: median(sums) },
        goal: { ratioAtMost: 2 },
        method,
      }),
      toRow('train', {
        name: `unchanged snapshot of ${what}: requests, those to sign in included`,
        ours: median(requests),
        unit: '',
        goal: { atMost: 10 },
        method,
      }),
    );
  }
  return rows;
}

function sha256sum(folder: string): number {
  const started = performance.now();
  execFileSync('sh', ['-c', 'find . -type f -print0 | xargs -0 sha256sum'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] }); // prettier-ignore
  return (performance.now() - started) / 1000;
}

function manyFiles(folder: string, count: number): string {
  for (let index = 0; index < count; index++) {
    const part = path.join(folder, `part ${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(part, { recursive: true });
    writeFileSync(path.join(part, `file ${index}.py`), randomBytes(2048));
  }
  return folder;
}

async function largeFile(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const stream = createWriteStream(path.join(folder, 'weights.bin'));
  const chunk = 8 * 1024 * 1024;
  for (let written = 0; written < largeBytes; written += chunk) {
    if (!stream.write(randomBytes(chunk))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
  return folder;
}
