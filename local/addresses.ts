import { existsSync, readFileSync } from 'node:fs';

/** The address of a name in the local cloud's zone file (lines `ip name`); undefined if it is not in it. */
export function addressOf(hostsFile: string, name: string): string | undefined {
  if (!existsSync(hostsFile)) return undefined;
  const entries = readFileSync(hostsFile, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return entries.find(([, entry]) => entry?.toLowerCase() === name.toLowerCase())?.[0];
}
