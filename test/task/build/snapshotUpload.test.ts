import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const gibibyte = 1024 ** 3;

describe('Train: upload of a snapshot', function () {
  this.timeout(300_000);

  let root: string;
  let server: Server;
  /** Bytes that came for each blob, and the blocks of those that were put together. */
  const bytes = new Map<string, number>();
  const blocks = new Map<string, number>();

  beforeEach(async () => {
    root = mkdtempSync(path.join(os.tmpdir(), 'snapshot-upload-'));
    bytes.clear();
    blocks.clear();
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url!, 'http://storage');
      const comp = searchParams.get('comp');
      const blob = decodeURIComponent(pathname);
      let list = '';
      let length = 0;
      request.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (comp === 'blocklist') list += chunk.toString();
      });
      request.on('end', () => {
        if (comp === 'blocklist') blocks.set(blob, list.split('<Latest>').length - 1);
        else if (comp !== 'metadata') bytes.set(blob, (bytes.get(blob) ?? 0) + length);
        response.writeHead(comp === 'metadata' ? 200 : 201).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(root, { recursive: true, force: true });
  });

  const upload = async (folder: string) => {
    const container = `http://127.0.0.1:${(server.address() as AddressInfo).port}/container`;
    const program = [path.join(__dirname, 'uploadPeak.ts'), folder, container];
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', ...program]);
    return JSON.parse(stdout) as { megabytes: number; sha256: string };
  };

  it('takes a file of several gigabytes in constant memory', async () => {
    const file = path.join(root, 'code/weights.bin');
    mkdirSync(path.dirname(file));
    writeFileSync(file, '');
    // A hole: it takes no room on this machine.
    truncateSync(file, 3 * gibibyte + 1);
    const { megabytes } = await upload(path.dirname(file));
    assert.deepEqual([...bytes], [['/container/code/weights.bin', 3 * gibibyte + 1]]);
    assert.deepEqual([...blocks], [['/container/code/weights.bin', 385]]);
    assert.ok(megabytes < 150, `${megabytes} MB`);
  });

  it('takes ten thousand files in little memory', async () => {
    for (let index = 0; index < 10_000; index++) {
      const folder = path.join(root, 'code', `part ${index % 100}`);
      if (index < 100) mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, `${index}.py`), `print(${index})`);
    }
    const { megabytes } = await upload(path.join(root, 'code'));
    assert.equal(bytes.size, 10_000);
    assert.equal(bytes.get('/container/code/part 77/4277.py'), 'print(4277)'.length);
    assert.ok(megabytes < 150, `${megabytes} MB`);
  });
});
