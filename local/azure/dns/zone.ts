import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { LocalAzureContext } from '../context';

/** The DNS zone of the local cloud, a hosts file (`ip name` a line) that resolve-localhost.cjs reads at each look-up. */
export function openZone(hostsFile: string): LocalAzureContext['dns'] {
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
  return {
    set(name, ip) {
      names.set(name.toLowerCase(), ip);
      write();
    },
    remove(name) {
      if (names.delete(name.toLowerCase())) write();
    },
  };
}
