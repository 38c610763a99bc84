import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAzurite, type Azurite } from '../../../local/azure/blobs/azurite';
import { openBlobs } from '../../../local/azure/blobs/blobs';
import type { Blobs } from '../../../local/azure/context';

describe('blobs of local Azure', function () {
  this.timeout(60_000);

  const stateDir = mkdtempSync(join(tmpdir(), 'blobs-'));
  let azurite: Azurite;
  let service: Blobs;
  let container: ContainerClient;
  before(async () => {
    const accountKey = randomBytes(32).toString('base64');
    azurite = await startAzurite({ stateDir, port: 0, account: 'account', accountKey });
    service = openBlobs('account', accountKey, { port: 0, azuritePort: azurite.port });
    container = service.container('blocks');
    await container.create();
  });
  after(async () => {
    await azurite.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const blocks = [randomBytes(5_000_000), randomBytes(3_000_001)];
  const blockId = (index: number) => Buffer.from(`block-${index}`).toString('base64');
  const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();

  for (const isHashed of [false, true]) {
    it(`hold every byte of blocks that come ${isHashed ? 'with their hash' : 'without a hash'}`, async () => {
      const blob = container.getBlockBlobClient(randomUUID());
      for (const [index, bytes] of blocks.entries()) {
        await blob.stageBlock(blockId(index), bytes, bytes.length, {
          transactionalContentMD5: isHashed ? md5(bytes) : undefined,
        });
      }
      await blob.commitBlockList(blocks.map((_, index) => blockId(index)));
      assert.deepEqual(md5(await blob.downloadToBuffer()), md5(Buffer.concat(blocks)));
    });
  }

  it('are told apart by container and name, though their blocks have the same ids', async () => {
    const other = service.container('others');
    await other.create();
    const write = async (blob: BlockBlobClient, text: string) => {
      await blob.stageBlock(blockId(0), text, text.length);
      await blob.commitBlockList([blockId(0)]);
    };
    const blobs = [container, other].flatMap((each) => ['a', 'b'].map((name) => each.getBlockBlobClient(name)));
    for (const [index, blob] of blobs.entries()) await write(blob, `text ${index}`);
    const texts = await Promise.all(blobs.map(async (blob) => String(await blob.downloadToBuffer())));
    assert.deepEqual(texts, ['text 0', 'text 1', 'text 2', 'text 3']);
    assert.equal(await other.getBlockBlobClient('c').exists(), false);
  });

  it('refuse a block whose hash is another', async () => {
    const blob = container.getBlockBlobClient(randomUUID());
    const staged = blob.stageBlock(blockId(0), blocks[0]!, blocks[0]!.length, {
      transactionalContentMD5: md5(blocks[1]!),
    });
    await assert.rejects(staged, /contentMD5 doesn't match/);
  });
});
