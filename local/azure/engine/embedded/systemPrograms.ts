import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programCommand } from '../../../installation';

/** How a line of the log begins that tells of something the embedded engine does otherwise than a container would. */
export const engineSays = 'embedded engine:';

/** They change the system, which a process without root on this machine's own system cannot and must not. */
const skipped = [
  'apt', 'apt-get', 'apt-key', 'aptitude', 'dpkg', 'dpkg-reconfigure', 'add-apt-repository', 'apk', 'dnf', 'microdnf', 'yum', 'rpm',
  'zypper', 'pacman', 'useradd', 'userdel', 'usermod', 'groupadd', 'groupdel', 'groupmod', 'adduser', 'addgroup', 'deluser', 'passwd',
  'chpasswd', 'chown', 'chgrp', 'chroot', 'ldconfig', 'update-ca-certificates', 'update-alternatives', 'locale-gen',
  'systemctl', 'service', 'mount', 'umount', 'setcap', 'sysctl', 'hostname', 'mknod', 'reboot', 'shutdown',
]; // prettier-ignore

/** They start another program as another user or as its parent; here the program is started as it is. */
const passingOn: Record<string, string> = {
  tini: 'while [ "${1#-}" != "$1" ]; do a=$1; shift; [ "$a" = -- ] && break; done\nexec "$@"',
  'dumb-init': 'while [ "${1#-}" != "$1" ]; do a=$1; shift; [ "$a" = -- ] && break; done\nexec "$@"',
  gosu: 'shift\nexec "$@"',
  'su-exec': 'shift\nexec "$@"',
  sudo: 'while [ "${1#-}" != "$1" ]; do shift; done\nexec "$@"',
};

/**
 * Makes the folder with what stands in for programs that need root, a package manager or conda, and returns its path. It goes
 * first on the PATH of every command of an image on a stand-in. Each program says what it leaves out.
 */
export function makeSystemPrograms(cacheDir: string): string {
  const programs: Record<string, string> = { ...passingOn };
  for (const name of skipped) {
    programs[name] = `echo "${engineSays} skipped ${name} $*: it needs a system of its own" >&2`;
  }
  const command = programCommand('local/azure/engine/embedded/condaProgram.ts');
  const conda = `exec ${command.map((word) => `"${word}"`).join(' ')} "$@"`;
  for (const name of ['conda', 'mamba', 'micromamba']) programs[name] = conda;

  const content = JSON.stringify(programs);
  const directory = join(
    cacheDir,
    `system-programs-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`,
  );
  if (existsSync(directory)) return directory;
  const work = `${directory}.${process.pid}.new`;
  mkdirSync(work, { recursive: true });
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(work, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(work, name), 0o755);
  }
  try {
    renameSync(work, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
    rmSync(work, { recursive: true, force: true });
  }
  return directory;
}
