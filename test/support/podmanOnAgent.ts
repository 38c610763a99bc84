import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LocalAzure } from '../../local/azure';

export interface PodmanOnAgent {
  /** What the agent's process has in its environment besides. */
  readonly environment: Record<string, string>;
  remove(): void;
}

/**
 * Podman as somebody sets it up on an agent: with storage of its own, the local cloud's authority trusted, and a proxy
 * that knows the local cloud's names, which Go's resolver does not. The other settings are those without which Debian's
 * Podman runs nothing where there is no systemd (facts on local components, §3).
 */
export async function podmanOnAgent(azure: LocalAzure): Promise<PodmanOnAgent> {
  const folder = mkdtempSync(path.join(tmpdir(), 'podman-agent-'));
  const proxy = createServer();
  proxy.on('connect', ({ url = '' }, client, head) => {
    const [, host = '', port] = /^(.*):(\d+)$/.exec(url) ?? [];
    const upstream = connect(Number(port), host.endsWith('localhost') ? '127.0.0.1' : host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      for (const end of ['error', 'close']) {
        socket.once(end, () => {
          client.destroy();
          upstream.destroy();
        });
      }
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const write = (name: string, lines: string[]) => {
    writeFileSync(path.join(folder, name), `${lines.join('\n')}\n`);
    return path.join(folder, name);
  };
  const { port } = proxy.address() as AddressInfo;
  for (const each of ['storage', 'run', 'tmp']) mkdirSync(path.join(folder, each));
  return {
    environment: {
      SSL_CERT_FILE: azure.caFile,
      CONTAINERS_CONF: write('containers.conf', [
        '[containers]',
        'default_ulimits=["nofile=20000:20000","nproc=4096:4096"]',
        'netns="host"',
        'http_proxy=false',
        '[engine]',
        'runtime="runc"',
        'cgroup_manager="cgroupfs"',
        `tmp_dir=${JSON.stringify(path.join(folder, 'tmp'))}`,
        `env=["HTTPS_PROXY=http://127.0.0.1:${port}"]`,
      ]),
      CONTAINERS_STORAGE_CONF: write('storage.conf', [
        '[storage]',
        'driver="overlay"',
        `graphroot=${JSON.stringify(path.join(folder, 'storage'))}`,
        `runroot=${JSON.stringify(path.join(folder, 'run'))}`,
      ]),
    },
    remove: () => {
      proxy.close();
      // Podman leaves its storage mounted on itself.
      const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').map((line) => line.split(' ')[1] ?? ''); // prettier-ignore
      for (const mount of mounts.filter((each) => each.startsWith(folder)).reverse()) execFileSync('umount', [mount]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
