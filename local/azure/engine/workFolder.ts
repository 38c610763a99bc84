import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { processStartTime } from '../processes/processRecords';

/** Paths with other characters, or longer ones, do not fit into a script's first line or unquoted into a command. */
const plainPath = /^[\w./@+-]{1,60}$/;

/**
 * The folder of the cache where root file systems and unpacked contexts lie while they are used; on the same disk as the
 * layers, so that files can be linked. What local clouds left there that were killed is removed.
 */
export class WorkFolder {
  private readonly directory: string;
  private readonly real: string;

  constructor(cacheDir: string) {
    const all = join(cacheDir, 'work');
    mkdirSync(all, { recursive: true });
    for (const name of readdirSync(all)) {
      if (!isInUse(name)) rmSync(join(all, name), { recursive: true, force: true });
    }
    // Always as long, as compiled files hold paths by their length.
    const name = `${String(process.pid).padStart(7, '0')}-${startOf(process.pid)}-${randomBytes(3).toString('hex')}`;
    this.real = join(all, name);
    mkdirSync(this.real);
    this.directory = join(plainPath.test(all) ? all : linkTo(all), name);
  }

  /** The path of a new folder, which is not made. Free of characters that a shell would take for its own. */
  reserve(purpose: string): string {
    return join(this.directory, `${purpose}-${randomBytes(4).toString('hex')}`);
  }

  /** Nobody waits for it: thousands of files take a while, and what is left is removed with the work folder. */
  discard(folder: string): void {
    rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }

  remove(): void {
    // What is being discarded just now may be in its way.
    rmSync(this.real, { recursive: true, force: true, maxRetries: 3 });
  }
}

const startOf = (pid: number): string =>
  createHash('sha256')
    .update(String(processStartTime(pid)))
    .digest('hex')
    .slice(0, 8);

/** A folder's name says whose it is: the process, and when that was started. */
function isInUse(name: string): boolean {
  const [pid, start] = name.split('-');
  return processStartTime(Number(pid)) !== undefined && startOf(Number(pid)) === start;
}

function linkTo(directory: string): string {
  const folder = join(tmpdir(), `local-azure-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const link = join(folder, createHash('sha256').update(directory).digest('hex').slice(0, 8));
  const present = lstatSync(link, { throwIfNoEntry: false });
  if (present?.isSymbolicLink() && readlinkSync(link) === directory) return link;
  rmSync(link, { recursive: true, force: true });
  symlinkSync(directory, link);
  return link;
}
