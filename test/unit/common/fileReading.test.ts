import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sinon from 'sinon';
import { readFully, readInTurns } from '../../../tasks/common/azure/storage/fileReading';

const mebibyte = 1024 * 1024;

describe('a file that is read piece by piece', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'reading-'));
  });
  afterEach(() => {
    sinon.restore();
    fs.rmSync(folder, { recursive: true });
  });

  const file = (size: number) => {
    const path = join(folder, 'file');
    const content = Buffer.alloc(size);
    for (let at = 0; at < size; at += 997) content[at] = at % 251;
    fs.writeFileSync(path, content);
    return { path, content };
  };

  for (const size of [0, 5, mebibyte, 3 * mebibyte + 7]) {
    it(`has each of its ${size} bytes once, in two buffers that take turns`, async () => {
      const { path, content } = file(size);
      const parts: Buffer[] = [];
      const memory = new Set<ArrayBufferLike>();
      for await (const piece of readInTurns(path)) {
        parts.push(Buffer.from(piece));
        memory.add(piece.buffer);
      }
      assert.ok(Buffer.concat(parts).equals(content));
      assert.ok(memory.size <= 2);
    });
  }

  it('is closed, be it read to its end or left before', async () => {
    const { open } = fs.promises;
    const closed: sinon.SinonSpy[] = [];
    sinon.stub(fs.promises, 'open').callsFake(async (...all) => {
      const handle = await open(...all);
      closed.push(sinon.spy(handle, 'close'));
      return handle;
    });
    const { path } = file(2 * mebibyte);
    for await (const _ of readInTurns(path));
    for await (const _ of readInTurns(path)) break;
    assert.deepEqual(
      closed.map(({ callCount }) => callCount),
      [1, 1],
    );
  });

  it('fills a buffer from a place on, as far as the file goes', async () => {
    const { path, content } = file(5000);
    const handle = await fs.promises.open(path);
    try {
      const buffer = Buffer.alloc(3000);
      assert.equal(await readFully(handle, buffer, 1000), 3000);
      assert.ok(buffer.equals(content.subarray(1000, 4000)));
      assert.equal(await readFully(handle, buffer, 4500), 500);
      assert.equal(await readFully(handle, buffer, 5000), 0);
    } finally {
      await handle.close();
    }
  });
});
