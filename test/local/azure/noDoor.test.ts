import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalAzure } from '../../../local/azure/index';

/** What other users of the machine find of a local Azure: nothing. */
describe('local Azure is closed to other users of the machine', function () {
  this.timeout(120_000);
  let root: string;
  let stateDir: string;
  let azure: Awaited<ReturnType<typeof startLocalAzure>>;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'no-door-'));
    stateDir = join(root, 'state');
    // As an earlier version, or the user's own umask, left them.
    mkdirSync(join(stateDir, 'documents'), { recursive: true });
    writeFileSync(join(stateDir, 'documents', 'registrySecrets.jsonl'), '');
    for (const folder of [stateDir, join(stateDir, 'documents')]) chmodSync(folder, 0o755);
    azure = await startLocalAzure({ stateDir, cacheDir: join(root, 'cache') });
  });
  after(async () => {
    await azure?.close();
    rmSync(root, { recursive: true, force: true });
  });

  const mode = (...path: string[]): string => (statSync(join(root, ...path)).mode & 0o777).toString(8);

  it('in its folders, which are tightened where they were open', function () {
    if (process.platform === 'win32') this.skip();
    assert.deepEqual(
      [mode('state'), mode('cache'), mode('state', 'documents'), mode('state', 'tls')],
      ['700', '700', '700', '700'],
    );
  });

  it('in the files that hold keys', function () {
    if (process.platform === 'win32') this.skip();
    const documents = readdirSync(join(stateDir, 'documents')).map((name) => mode('state', 'documents', name));
    assert.ok(documents.length > 0);
    assert.deepEqual([...new Set([...documents, mode('state', 'credentials.json')])], ['600']);
  });

  /** Asks for a token with no more than what any user can find out: the port. */
  function ask(path: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
    const { port } = new URL(azure.description.metadataUrl);
    return new Promise((resolve, reject) => {
      const call = request(
        {
          host: '127.0.0.1',
          port,
          path: `${path}/metadata/identity/oauth2/token?resource=https%3A%2F%2Fmanagement.azure.com`,
          headers: { metadata: 'true', ...headers },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve({ status: response.statusCode!, text }));
        },
      );
      call.on('error', reject).end();
    });
  }

  it('at the metadata service, which gives no token without the secret', async () => {
    const answers = [await ask(''), await ask('/'), await ask('/guessed'), await ask('/%00')];
    assert.deepEqual(
      answers.map(({ status, text }) => [status >= 400, /access_token/.test(text)]),
      answers.map(() => [true, false]),
    );
  });

  it('at the metadata service under another name, to which a page in a browser may have made it answer', async () => {
    const secret = new URL(azure.environmentFor('ManagedServiceIdentity').AZURE_POD_IDENTITY_AUTHORITY_HOST!).pathname;
    assert.equal((await ask(secret)).status, 200);
    const { status, text } = await ask(secret, { host: 'rebound.example' });
    assert.equal(status, 403);
    assert.doesNotMatch(text, /access_token/);
  });

  it('in its description, which names no secret', () => {
    const { metadataSecret } = JSON.parse(readFileSync(join(stateDir, 'credentials.json'), 'utf8'));
    assert.ok(metadataSecret);
    assert.doesNotMatch(JSON.stringify(azure.description), new RegExp(metadataSecret));
  });

  it('and keeps its own secrets when the secret of the metadata service is added to an earlier state', async () => {
    const { loadCredentials } = await import('../../../local/azure/entra/credentials');
    const { metadataSecret, ...earlier } = JSON.parse(readFileSync(join(stateDir, 'credentials.json'), 'utf8'));
    const folder = mkdtempSync(join(root, 'earlier-'));
    writeFileSync(join(folder, 'credentials.json'), JSON.stringify(earlier));
    const { metadataSecret: added, ...kept } = await loadCredentials(folder, 'unused');
    assert.deepEqual(kept, earlier);
    assert.ok(added && added !== metadataSecret);
    assert.deepEqual(await loadCredentials(folder, 'unused'), { ...kept, metadataSecret: added });
  });
});
