import { existsSync } from 'node:fs';
import path from 'node:path';
import { callerFolder, localDirectories, type LocalDirectories } from './directories';
import { isPackaged, root } from './installation';

/**
 * A command of this program as the user can copy it: it works in the folder that the user is in, and on the same state.
 * @param command with its options: `up`
 */
export function printedCommand(command: string, directories: LocalDirectories): string {
  const preset = localDirectories();
  const options: string[] = [];
  if (directories.root !== preset.root) options.push('--directory', directories.root);
  if (directories.cache !== localDirectories(directories.root).cache) options.push('--cache', directories.cache);
  return [programName(), command, ...options.map(quoted)].join(' ');
}

/** How the user calls this program. */
export function programName(): string {
  if (!isPackaged) {
    return callerFolder() === root ? 'npm run local --' : `npm --prefix ${quoted(root)} run local --`;
  }
  const called = process.argv[1] ?? '';
  if (called === path.join(callerFolder(), 'node_modules', '.bin', 'mlops-local')) return 'npx mlops-local';
  return isOnPath('mlops-local') ? 'mlops-local' : quoted(called);
}

/** npx and npm put the programs of packages on the PATH of what they start; the user's own shell does not find those. */
function isOnPath(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => !/node_modules|_npx/.test(folder));
  return folders.some((folder) => existsSync(path.join(folder, program)));
}

function quoted(text: string): string {
  return /^[\w./:=@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
