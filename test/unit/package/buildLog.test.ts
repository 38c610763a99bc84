import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { BlobRange } from '../../../tasks/common/azure/storage/blobTransfer';
import { BuildLog } from '../../../tasks/common/azure/registry/containerRegistryTasks';

const { signal } = new AbortController();
const refused = (status?: number) => new AzureFailure('no', undefined, status, '', 'no', undefined);

/** A log of these pieces; a number is the status that a read fails with. */
function logOf(...answers: Array<string | number | undefined>): { log: BuildLog; urls: string[] } {
  let written = 0;
  const urls: string[] = [];
  const readRange = (url: string, offset: number): Promise<BlobRange | undefined> => {
    urls.push(url);
    const answer = answers.shift();
    if (typeof answer === 'number') return Promise.reject(refused(answer));
    const bytes = Buffer.from(answer ?? '');
    assert.equal(offset, written);
    written += bytes.length;
    return Promise.resolve({ bytes, blobSize: written, metadata: {} });
  };
  const findUrl = sinon.stub();
  [1, 2, 3].forEach((index) => findUrl.onCall(index - 1).resolves(`url${index}`));
  return { log: new BuildLog({ readRange }, findUrl), urls };
}

const read = async (log: BuildLog) => (await log.read(signal)).toString();

describe('the log of a build', () => {
  it('goes on by a new URL where the permission in the first has ended', async () => {
    const { log, urls } = logOf('a', 403, 'b');
    assert.deepEqual([await read(log), await read(log)], ['a', 'b']);
    assert.deepEqual(urls, ['url1', 'url1', 'url2']);
  });

  it('is refused where a new URL permits nothing either', async () => {
    const first = logOf(403);
    await assert.rejects(read(first.log), { status: 403 });
    assert.deepEqual(first.urls, ['url1']);
    const later = logOf('a', 403, 403);
    await read(later.log);
    await assert.rejects(read(later.log), { status: 403 });
  });

  it('loses nothing that came before a fault', async () => {
    const { log } = logOf('a', 503, 'b');
    assert.equal(await read(log), 'a');
    await assert.rejects(read(log), { status: 503 });
    assert.equal(await read(log), 'b');
  });
});
