import { appendFileSync, closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How much of a log the service gives: of a running container 4 MB, of one that has ended 16 KB or 1000 lines. */
const running = { bytes: 4 * 1024 * 1024, lines: Infinity };
const ended = { bytes: 16 * 1024, lines: 1000 };
/** Every line in the file begins with its time, of this length. */
const timeLength = '2026-01-01T00:00:00.000000000Z '.length;

/** What the containers of groups print: of each container the latest start's output, every line with its time. */
export class ContainerLogs {
  constructor(private readonly directory: string) {}

  /** Begins the log of a new start; what the last one printed is gone, as with the service. */
  begin(uid: string, container: string): (text: string) => void {
    const file = this.file(uid, container);
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
    appendFileSync(file, '');
    let atLineStart = true;
    return (text) => {
      const time = `${new Date().toISOString().slice(0, -1)}000000Z `;
      const lines = text.split(/(?<=\n)/).filter(Boolean);
      const stamped = lines.map((line, index) => (atLineStart || index > 0 ? time : '') + line);
      atLineStart = text.endsWith('\n');
      appendFileSync(file, stamped.join(''));
    };
  }

  exists(uid: string, container: string): boolean {
    return existsSync(this.file(uid, container));
  }

  read(uid: string, container: string, options: { tail?: number; timestamps: boolean; isRunning: boolean }): string {
    const limit = options.isRunning ? running : ended;
    const count = Math.min(options.tail ?? Infinity, limit.lines);
    let lines = readEnd(this.file(uid, container), limit.bytes).split(/(?<=\n)/);
    if (Number.isFinite(count)) lines = count > 0 ? lines.slice(-count) : [];
    return lines.map((line) => (options.timestamps ? line : line.slice(timeLength))).join('');
  }

  remove(uid: string): void {
    rmSync(join(this.directory, uid), { recursive: true, force: true });
  }

  private file(uid: string, container: string): string {
    return join(this.directory, uid, `${container}.log`);
  }
}

/** The last bytes of a file, from the start of a line on. */
function readEnd(file: string, most: number): string {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const content = Buffer.alloc(Math.min(size, most));
    readSync(descriptor, content, 0, content.length, size - content.length);
    const text = content.toString('utf8');
    return size > most ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    closeSync(descriptor);
  }
}
