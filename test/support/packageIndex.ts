import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** The packages that Azure ML's server needs on Debian's Python, downloaded once and kept. */
export function serverWheels(cacheDir: string): string {
  const folder = path.join(cacheDir, 'test-base', 'wheels-3.11');
  if (existsSync(folder)) return folder;
  const work = `${folder}-${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    const target = ['--python-version', '3.11', '--implementation', 'cp', '--only-binary=:all:'];
    for (const abi of ['cp311', 'abi3', 'none']) target.push('--abi', abi);
    for (const glibc of ['2014', '_2_17', '_2_28']) target.push('--platform', `manylinux${glibc}_x86_64`);
    const args = ['-m', 'pip', 'download', '--quiet', '--dest', work, ...target];
    execFileSync('python3', [...args, 'azureml-inference-server-http==1.5.1'], { stdio: 'pipe' });
    renameSync(work, folder);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

export interface PackageIndex {
  /** With user name and password in it, as pip wants it. */
  readonly url: string;
  readonly password: string;
  /** Requests that were let in. */
  readonly served: string[];
  close(): void;
}

/** A private package index, as PEP 503 has it: who does not know the password gets nothing. */
export async function privateIndex(wheels: string, password: string): Promise<PackageIndex> {
  const expected = `Basic ${Buffer.from(`builder:${password}`).toString('base64')}`;
  const normal = (name: string) => name.replace(/[-_.]+/g, '-').toLowerCase();
  const files = readdirSync(wheels);
  const served: string[] = [];
  const server = createServer((request, response) => {
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="index"' }).end();
      return;
    }
    const [, folder = '', name = ''] = decodeURIComponent(request.url!).split('/');
    served.push(request.url!);
    if (folder === 'files' && files.includes(name)) createReadStream(path.join(wheels, name)).pipe(response);
    else {
      const links = files
        .filter((file) => normal(file.split('-')[0]!) === normal(name))
        .map((file) => `<a href="/files/${encodeURIComponent(file)}">${file}</a>`);
      response.writeHead(links.length > 0 ? 200 : 404, { 'content-type': 'text/html' }).end(links.join('\n'));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://builder:${password}@127.0.0.1:${port}/simple`,
    password,
    served,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
