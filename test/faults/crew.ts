import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Order, Report } from './worker';

const root = path.join(__dirname, '..', '..');

/** Hands each worker the next order as soon as it has done the last one. */
export class Crew {
  private readonly workers: ChildProcess[] = [];

  constructor(private readonly size: number) {}

  /** @param goesOn asked before each order; what it refuses is left */
  async carryOut(orders: Order[], done: (report: Report) => void, goesOn = (): boolean => true): Promise<void> {
    while (this.workers.length < Math.min(this.size, orders.length)) this.workers.push(await startWorker());
    const left = [...orders];
    await Promise.all(
      this.workers.map(async (worker) => {
        while (left.length > 0 && goesOn()) {
          const report = once(worker);
          worker.send(left.shift()!);
          done(await report);
        }
      }),
    );
  }

  async dismiss(): Promise<void> {
    const ended = this.workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of this.workers) worker.disconnect();
    await Promise.all(ended);
  }
}

async function startWorker(): Promise<ChildProcess> {
  const worker = fork(path.join(__dirname, 'worker.ts'), { execArgv: ['--import', 'tsx'], cwd: root });
  await once(worker);
  return worker;
}

function once(worker: ChildProcess): Promise<Report> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a worker ended with ${code}`));
    worker.once('exit', ended);
    worker.once('message', (report: Report) => {
      worker.off('exit', ended);
      resolve(report);
    });
  });
}
