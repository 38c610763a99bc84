import { existsSync } from 'node:fs';
import path from 'node:path';

/** The folder of this project, or of the package that `npm run package:local` makes of it. */
export const root = path.join(__dirname, '..');

/** The package holds programs and built tasks, and no sources to make them of. */
export const isPackaged = !existsSync(path.join(root, 'scripts'));

/** The command line that starts a program of this project, given by its source from the root on: `local/azure/main.ts`. */
export function programCommand(source: string): [program: string, ...args: string[]] {
  const packaged = path.join(root, 'dist', source.replace(/\.ts$/, '.cjs'));
  const args = isPackaged ? [packaged] : [path.join(root, 'scripts', 'run.mjs'), source];
  return [process.execPath, ...args];
}
