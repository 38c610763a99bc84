import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isPackaged, root } from './installation';

/** Where everything of this machine is kept. */
export interface LocalDirectories {
  /** Holds the other ones, but for a cache that lies elsewhere. */
  root: string;
  /** Of the local Azure: what survives its restart. */
  azure: string;
  /** Python environments and image layers; may be shared. */
  cache: string;
  /** One folder a run. */
  runs: string;
  /** Of the agent; a job's folders stand in it. */
  work: string;
}

/** The folder that the user is in; npm starts its scripts in the project's own. */
export function callerFolder(environment = process.env): string {
  const isOwnScript = !isPackaged && ['local', 'quickstart'].includes(environment.npm_lifecycle_event ?? '');
  return (isOwnScript && environment.INIT_CWD) || process.cwd();
}

/** `.local` in a clone of this project; from the package `.mlops-local` in the repository that the user is in. */
export function defaultFolder(caller = callerFolder()): string {
  return isPackaged ? path.join(repositoryOf(caller), '.mlops-local') : path.join(root, '.local');
}

/** Users' projects share what took long to make. */
function defaultCache(folder: string): string {
  if (!isPackaged) return path.join(folder, 'cache');
  return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'mlops-local');
}

export function localDirectories(folder = defaultFolder(), cache = defaultCache(folder)): LocalDirectories {
  return {
    root: folder,
    azure: path.join(folder, 'azure'),
    cache,
    runs: path.join(folder, 'runs'),
    work: path.join(folder, 'work'),
  };
}

/** Makes the folder of the state; git does not see one that nobody has asked for. */
export function makeStateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const ignoreFile = path.join(folder, '.gitignore');
  if (folder === defaultFolder() && !existsSync(ignoreFile)) writeFileSync(ignoreFile, '*\n');
}

function repositoryOf(folder: string): string {
  try {
    const args = ['rev-parse', '--show-toplevel'];
    return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return folder;
  }
}
