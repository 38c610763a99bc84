import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { zipEntries } from '../../scripts/zipFile';
import { startProgram } from '../support/commands';

const root = path.join(__dirname, '..', '..');

/** The marketplace's gallery, as `tfx extension publish` asks it: no such extension yet, and one is taken. */
async function startGallery() {
  const uploads: Array<{ url: string; authorization: string; vsix: Buffer }> = [];
  const shared: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '' } = request;
      const reply = (status: number, body: unknown) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (method === 'OPTIONS') return reply(200, locations());
      if (method === 'GET')
        return reply(404, { message: 'ExtensionDoesNotExistException', typeKey: 'ExtensionDoesNotExistException' });
      if (/\/accounts\//i.test(url)) shared.push(url.split('/').pop()!.split('?')[0]!);
      else
        uploads.push({
          url,
          authorization: request.headers.authorization ?? '',
          vsix: packageIn(Buffer.concat(chunks)),
        });
      return reply(200, {
        extensionName: 'mlops',
        publisher: { publisherName: 'contoso' },
        versions: [{ version: '1.0.0' }],
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    uploads,
    shared,
    close: () => server.close(),
  };
}

/** The package goes as base64 in JSON. */
function packageIn(body: Buffer): Buffer {
  const { extensionManifest } = JSON.parse(body.toString()) as { extensionManifest: string };
  return Buffer.from(extensionManifest, 'base64');
}

/** Where a client of Azure DevOps finds the gallery's operations. */
function locations() {
  const operation = (id: string, routeTemplate: string) => ({ id, area: 'gallery', resourceName: routeTemplate.split('/')[1], routeTemplate: `_apis/${routeTemplate}`, resourceVersion: 2, minVersion: '1.0', maxVersion: '7.1', releasedVersion: '0.0' }); // prettier-ignore
  return {
    count: 4,
    value: [
      operation('a41192c8-9525-4b58-bc86-179fa549d80d', 'gallery/extensions/{extensionId}'),
      operation(
        'e11ea35a-16fe-4b80-ab11-c4cab88a0966',
        'gallery/publishers/{publisherName}/extensions/{extensionName}',
      ),
      operation(
        'a1e66d8f-f5de-4d16-8309-91a4e015ee46',
        'gallery/extensions/{publisherName}/{extensionName}/accounts/{accountName}',
      ),
    ],
  };
}

/** A copy of the repository whose owner has named it, as the public package demands. */
function ownedRepository(directory: string): string {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  const folder = path.join(directory, 'repository');
  for (const file of files) cpSync(path.join(root, file), path.join(folder, file));
  const manifest = path.join(folder, 'package.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('your-organization', 'contoso'));
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: folder }); // prettier-ignore
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'Everything');
  return folder;
}

/** What the gallery reads of a package. */
function manifestIn(vsix: Buffer): string {
  const script = "import sys, io, zipfile; sys.stdout.write(zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())).read('extension.vsixmanifest').decode())"; // prettier-ignore
  return execFileSync('python3', ['-c', script], { input: vsix, encoding: 'utf8' });
}

describe("the extension's own pipeline", function () {
  this.timeout(600_000);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'mlops-own-'));
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('publishes the extension privately and then for all under the names of its owner, and no log shows the token', async () => {
    const gallery = await startGallery();
    try {
      const program = [
        process.execPath,
        path.join(root, 'scripts', 'run.mjs'),
        'local/cli.ts',
        'run',
        'azure-pipelines.yml',
      ];
      const set = {
        publisher: 'contoso',
        publicRelease: 'true',
        marketplaceUrl: gallery.url,
        // What is installed here is what the lock file says.
        install: `ln -s ${path.join(root, 'node_modules')} node_modules`,
      };
      const options = Object.entries(set).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
      const { code, output } = await startProgram(
        [
          ...program,
          ...['package', 'private', 'dogfood', 'public'].flatMap((stage) => ['--stage', stage]),
          '--directory',
          directory,
          ...options,
          '--secret',
          'marketplaceToken',
        ],
        { marketplaceToken: 'token-of-the-test' },
        ownedRepository(directory),
      ).ended;
      assert.equal(code, 0, output);
      assert.doesNotMatch(output, /token-of-the-test/);
      assert.equal(gallery.uploads.length, 2);
      const [upload, last] = gallery.uploads;
      assert.match(
        Buffer.from(upload!.authorization.replace(/^Basic /, ''), 'base64').toString(),
        /:token-of-the-test$/,
      );
      const names = zipEntries(upload!.vsix).map(({ name }) => name);
      assert.ok(names.includes('extension.vsixmanifest') && names.includes('bom.cdx.json'), names.join(', '));
      assert.deepEqual(gallery.shared, ['your-organisation']);
      const [first, second] = [upload!, last!].map(({ vsix }) => manifestIn(vsix));
      for (const manifest of [first!, second!]) {
        assert.match(manifest, /Id="mlops" Publisher="contoso"/);
        assert.match(manifest, /https:\/\/github\.com\/contoso\/mlops-azure-devops\/blob\/main\/docs\//);
        assert.doesNotMatch(manifest, /your-organization/);
      }
      assert.match(first!, /<GalleryFlags>Preview</);
      assert.match(second!, /<GalleryFlags>Public</);
    } finally {
      gallery.close();
    }
  });
});
