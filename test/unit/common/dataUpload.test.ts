import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sinon from 'sinon';
import type { AzureRequest } from '../../../tasks/common/azure/http/session';
import { BlobTransfer } from '../../../tasks/common/azure/storage/blobTransfer';
import { uploadData } from '../../../tasks/common/azure/storage/dataUpload';
import { fakeWorkspace } from '../../support/fakeWorkspace';
import { taskContext } from '../../support/taskContext';

const { signal } = new AbortController();

describe('local data', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'data-'));
  });
  afterEach(() => {
    sinon.restore();
    rmSync(folder, { recursive: true });
  });

  /** @param there what the store has of the first file: its metadata, or nothing */
  async function upload(
    local: string,
    there: Record<string, string> | undefined,
    as?: 'azureml' | 'https',
    isStore = true,
    secrets: Record<string, string> = { secretsType: 'Sas', sasToken: 'sig=1' },
  ) {
    const { context, traces } = taskContext(folder);
    const workspace = fakeWorkspace(
      async ({ method, url }: AzureRequest) => {
        if (method === 'POST') return { body: secrets };
        const properties = { datastoreType: 'AzureBlob', accountName: 'acct', containerName: 'c' };
        if (url !== 'datastores') return { body: { name: 'store', properties } };
        return { body: { value: isStore ? [{ name: 'store', properties }] : [] } };
      },
      { keepSecret: () => undefined },
    );
    const transfer = new BlobTransfer(workspace.session);
    sinon.stub(transfer, 'properties').callsFake(async () => there && { size: 1, metadata: there });
    const uploaded = sinon.stub(transfer, 'uploadAll').resolves();
    const marked = sinon.stub(transfer, 'setMetadata').resolves();
    const uri = await uploadData(workspace, transfer, local, { log: context.log, signal, as });
    return { uri, lines: traces.lines, uploaded, marked };
  }
  const file = (name: string) => {
    writeFileSync(join(folder, name), 'a,b');
    return join(folder, name);
  };

  it('is uploaded, and marked as whole once it is', async () => {
    const { uri, uploaded, marked, lines } = await upload(file('rows.csv'), undefined);
    assert.match(uri, /^azureml:\/\/datastores\/store\/paths\/LocalUpload\/[0-9a-f]+\/rows\.csv$/);
    const [sas, given] = uploaded.firstCall.args;
    const files = [...given];
    assert.equal(sas.reveal(), 'https://acct.blob.core.windows.net/c?sig=1');
    assert.deepEqual(
      files.map(({ blob, size }) => [uri.endsWith(blob), size]),
      [[true, 3]],
    );
    assert.deepEqual(marked.firstCall.args.slice(1, 3), [files[0]!.blob, { upload_status: 'completed' }]);
    assert.ok(marked.calledAfter(uploaded));
    assert.match(lines[0]!, /^Uploading .*rows\.csv \(1 file, 3 bytes\) to the datastore store$/);
  });

  it('that is there is left alone, where its upload came to its end', async () => {
    const { uploaded, lines } = await upload(file('rows.csv'), { upload_status: 'completed' });
    assert.equal(uploaded.callCount, 0);
    assert.match(lines[0]!, /is unchanged: the datastore store has it already\.$/);
    for (const there of [{}, { upload_status: 'failed' }] as Record<string, string>[]) {
      assert.equal((await upload(file('rows.csv'), there)).uploaded.callCount, 1);
    }
  });

  it('of a folder is told by its URI with a slash, for an image by its address without the permission', async () => {
    mkdirSync(join(folder, 'data'));
    file('data/a.csv');
    file('data/b.csv');
    const { uri, uploaded, lines } = await upload(join(folder, 'data'), undefined);
    assert.match(uri, /\/LocalUpload\/[0-9a-f]+\/data\/$/);
    assert.deepEqual([...uploaded.firstCall.args[1]].map(({ blob }) => blob.split('/').slice(2).join('/')).sort(), ['data/a.csv', 'data/b.csv']); // prettier-ignore
    assert.match(lines[0]!, /\(2 files, 6 bytes\)/);
    const address = (await upload(file('rows.csv'), undefined, 'https')).uri;
    assert.match(address, /^https:\/\/acct\.blob\.core\.windows\.net\/c\/LocalUpload\/[0-9a-f]+\/rows\.csv$/);
  });

  it('goes by a permission to write', async () => {
    const key = Buffer.from('key').toString('base64');
    const { uploaded } = await upload(file('rows.csv'), undefined, 'azureml', true, { secretsType: 'AccountKey', key });
    assert.equal(new URL(uploaded.firstCall.args[0].reveal()).searchParams.get('sp'), 'rcwl');
  });

  it('has nowhere to go without a default datastore', async () => {
    await assert.rejects(
      upload(file('rows.csv'), undefined, undefined, false),
      /The workspace w has no default datastore/,
    );
  });
});
