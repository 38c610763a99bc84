import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { isPackaged, root } from '../installation';
import { readTaskDefinition } from './taskDefinition';

const execute = promisify(execFile);

/** Where `npm run build` puts the tasks as an agent gets them. */
export const builtTasksDir = path.join(root, 'dist', 'tasks');

/** The tasks of this project by the names of their folders. */
export function taskFolders(): string[] {
  const sources = isPackaged ? builtTasksDir : path.join(root, 'tasks');
  return readdirSync(sources).filter((folder) => existsSync(path.join(sources, folder, 'task.json')));
}

/** Builds those of the tasks that are missing or older than their sources, and says which. */
export async function ensureBuiltTasks(folders = taskFolders()): Promise<string[]> {
  const stale = isPackaged ? [] : folders.filter(isStale);
  if (stale.length > 0) {
    await build(stale);
  }
  return stale;
}

/** By the project's own command, as a developer would: what is local knows nothing of how tasks are made. */
async function build(folders: string[]): Promise<void> {
  const command = [path.join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'), path.join(root, 'scripts', 'build.ts')];
  try {
    await execute(process.execPath, [...command, ...folders], { cwd: root });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`The tasks could not be built: ${stderr?.trim() || message}`, { cause: error });
  }
}

function isStale(folder: string): boolean {
  const built = path.join(builtTasksDir, folder, 'task.json');
  if (!existsSync(built)) return true;
  const sources = [folder, 'common'].map((name) => path.join(root, 'tasks', name));
  // Dependencies are bundled in; the lock file changes with them. package.json itself gives only the version.
  const newest = Math.max(statSync(path.join(root, 'package-lock.json')).mtimeMs, ...sources.map(newestIn));
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const { Major, Minor, Patch } = readTaskDefinition(path.dirname(built)).version;
  return version !== `${Major}.${Minor}.${Patch}` || statSync(built).mtimeMs < newest;
}

function newestIn(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Math.max(...entries.map((entry) => statSync(path.join(folder, entry)).mtimeMs));
}
