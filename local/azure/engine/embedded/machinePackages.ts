import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { allPythons, type Python } from '../../../python/findPython';
import { standInPython } from './standIn';

const run = promisify(execFile);

/** How pip says that it could not reach the package index, or that it found nothing there, which may come of the same. */
const noAnswer =
  /No matching distribution|Could not find a version|Max retries exceeded|NewConnectionError|Failed to establish a new connection|name resolution|ConnectTimeout|ReadTimeout|ProxyError|Network is unreachable/i;

/** Whether a command failed because the package index is out of reach: pip is asked itself, for a package that always is there. */
export async function isIndexOutOfReach(
  root: string,
  output: string,
  environment: Record<string, string>,
): Promise<boolean> {
  const python = `${root}${standInPython}/bin/python`;
  if (!noAnswer.test(output) || !existsSync(python)) return false;
  try {
    const env = { ...environment, PIP_RETRIES: '0', PIP_TIMEOUT: '10' };
    await run(python, ['-m', 'pip', 'index', 'versions', 'pip'], { env });
    return false;
  } catch {
    return true;
  }
}

export interface MachinePackages {
  python: Python;
  /** What a command gets so that pip takes this Python's packages for installed and asks no index. */
  environment: Record<string, string>;
}

/** The Pythons of this machine whose packages a stand-in of that version can use: those of the same series. */
export async function packagesOfMachine(version: string): Promise<MachinePackages[]> {
  const series = version.split('.').slice(0, 2).join('.');
  const found: MachinePackages[] = [];
  for (const python of await allPythons()) {
    if (!python.version.startsWith(`${series}.`)) continue;
    const script = 'import json, site; print(json.dumps([*site.getsitepackages(), site.getusersitepackages()]))';
    const { stdout } = await run(python.executable, ['-c', script]);
    const folders = (JSON.parse(stdout) as string[]).filter((folder) => existsSync(folder));
    found.push({
      python,
      environment: { LOCAL_AZURE_MACHINE_PACKAGES: folders.join(delimiter), PIP_NO_INDEX: '1', PIP_RETRIES: '0' },
    });
  }
  return found;
}

/** Of the stand-in in a root file system, e.g. 3.11.7. */
export async function versionOfStandIn(root: string): Promise<string> {
  const python = join(root, standInPython, 'bin', 'python');
  const { stdout } = await run(python, ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])']);
  return stdout.trim();
}
