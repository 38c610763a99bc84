import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export class PodmanError extends Error {
  constructor(
    readonly exitCode: number,
    readonly stderr: string,
  ) {
    super(stderr.trim() || `podman ended with exit code ${exitCode}`);
  }
}

/**
 * The podman program with storage of its own under the cache, so that it touches nothing of the user's. The three settings are
 * those without which Debian's podman runs nothing where there is no systemd (facts on local components, §3).
 */
export class Podman {
  private readonly args: string[];
  /** Where its processes run: some leave files there. */
  private readonly folder: string;
  private readonly environment: NodeJS.ProcessEnv;

  constructor(cacheDir: string) {
    const folder = join(cacheDir, 'podman');
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    const configuration = join(folder, 'containers.conf');
    writeFileSync(
      configuration,
      [
        '[containers]',
        'default_ulimits=["nofile=20000:20000","nproc=4096:4096"]',
        '[engine]',
        'runtime="runc"',
        'cgroup_manager="cgroupfs"',
        '',
      ].join('\n'),
    );
    // Sockets lie there, so podman refuses paths over 50 characters, and its storage refuses another place than it had: whatever
    // TMPDIR says, which may be long and new each time.
    const run = join('/tmp', `local-azure-podman-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`);
    this.args = ['--root', join(folder, 'storage'), '--runroot', run, '--tmpdir', join(run, 'tmp')];
    this.environment = { ...process.env, CONTAINERS_CONF: configuration };
  }

  /** Returns what it printed. Throws a PodmanError. */
  async run(args: string[], options: { environment?: Record<string, string>; timeout?: number } = {}): Promise<string> {
    try {
      const { stdout } = await execute('podman', [...this.args, ...args], {
        env: { ...this.environment, ...options.environment },
        maxBuffer: 64 << 20,
        timeout: options.timeout,
        cwd: this.folder,
      });
      return stdout.trim();
    } catch (error) {
      const { code, stderr = '', message } = error as { code?: number | string; stderr?: string; message: string };
      if (typeof code !== 'number') throw new Error(`podman could not be run: ${message}`, { cause: error });
      throw new PodmanError(code, stderr);
    }
  }

  /** As a process group of its own, for what takes long or prints as it goes. */
  spawn(args: string[], environment: Record<string, string> = {}, stdin: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
    return spawn('podman', [...this.args, ...args], {
      env: { ...this.environment, ...environment },
      stdio: [stdin, 'pipe', 'pipe'],
      cwd: this.folder,
      detached: true,
    });
  }
}
