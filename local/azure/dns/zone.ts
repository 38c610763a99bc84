import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalAzureContext } from '../context';
import type { FaultyZone } from '../faults/faultPlan';

/**
 * The DNS zone of the local cloud, a hosts file (`ip name` a line) that resolve-localhost.cjs reads at each look-up; and
 * beside it a folder of faults, a file for each look-up that is to fail (or to pass first): whoever removes the file has met it.
 */
export function openZone(hostsFile: string): LocalAzureContext['dns'] & FaultyZone {
  const names = new Map<string, string>();
  if (existsSync(hostsFile)) {
    for (const line of readFileSync(hostsFile, 'utf8').split('\n')) {
      const [ip, name] = line.split(/\s+/);
      if (ip && name) names.set(name, ip);
    }
  }
  const write = (): void => {
    writeFileSync(`${hostsFile}.new`, [...names].map(([name, ip]) => `${ip} ${name}\n`).join(''));
    renameSync(`${hostsFile}.new`, hostsFile);
  };
  write();

  const faultsFolder = `${hostsFile}.faults`;
  rmSync(faultsFolder, { recursive: true, force: true });
  const planned: string[][] = [];
  return {
    set(name, ip) {
      names.set(name.toLowerCase(), ip);
      write();
    },
    remove(name) {
      if (names.delete(name.toLowerCase())) write();
    },
    plan({ name, code, times = 1, skip = 0 }) {
      mkdirSync(faultsFolder, { recursive: true });
      const file = (number: number): string =>
        `${String(planned.length).padStart(4, '0')}-${String(number).padStart(6, '0')}`;
      const files = Array.from({ length: skip + times }, (_, index) => file(index));
      files.forEach((each, index) => {
        writeFileSync(join(faultsFolder, each), JSON.stringify({ name, code: index < skip ? undefined : code }));
      });
      planned.push(files.slice(skip));
    },
    hits() {
      const left = new Set(existsSync(faultsFolder) ? readdirSync(faultsFolder) : []);
      return planned.map((files) => files.filter((file) => !left.has(file)).length);
    },
    clearFaults() {
      rmSync(faultsFolder, { recursive: true, force: true });
      planned.length = 0;
    },
  };
}
