import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

/** Ends our own child that runs the script at once, as when its machine goes down. */
export function killChild(script: string): void {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const found = processes.map((line) => line.trim().split(/\s+/)).filter(([, parent]) => parent === `${process.pid}`);
  const [pid] = found.find(([, , ...args]) => args.some((arg) => arg.endsWith(script))) ?? [];
  assert.ok(pid, `a child that runs ${script}`);
  process.kill(Number(pid), 'SIGKILL');
}
