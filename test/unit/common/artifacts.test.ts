import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { Artifacts } from '../../../tasks/common/azure/ml/artifacts';
import type { Workspace } from '../../../tasks/common/azure/ml/workspace';
import type { BlobTransfer } from '../../../tasks/common/azure/storage/blobTransfer';

describe('A file that a job left', () => {
  const golden = 'outputs/golden_requests.json';
  const { signal } = new AbortController();
  const refused = (status: number) =>
    new AzureFailure(`Azure answered ${status}.`, undefined, status, 'C', '', undefined);

  /** @param listed what the list says, which has a URL for whatever is asked for besides */
  const download = (listed: string[], answer: Error | undefined) => {
    const request = async ({ url, query }: { url: string; query: { path: string } }) => {
      const value = listed.filter((path) => path.startsWith(query.path)).map((path) => ({ path, contentUri: 'u' }));
      return { status: 200, body: url.endsWith('/prefix/contentinfo') ? { value } : { contentUri: 'u' } };
    };
    const workspace = { id: '/w', dataPlaneUrl: async () => 'https://d', request } as unknown as Workspace;
    const transfer = { download: answer ? sinon.stub().rejects(answer) : sinon.stub().resolves() };
    const clock = { sleep: async () => {} };
    return new Artifacts(workspace, transfer as unknown as BlobTransfer, clock).download('job', golden, '/f', signal);
  };

  it('is downloaded', async () => assert.equal(await download([golden], undefined), true));

  it('is none where the list does not name it either, though it had a URL', async () =>
    assert.equal(await download([`${golden}.bak`], refused(404)), false));

  it('is missed where the list names it: a lasting 404 is no answer', () =>
    assert.rejects(
      download([golden], refused(404)),
      (error: AzureFailure) =>
        error.status === 404 &&
        /^The job job left the file outputs\/golden_requests\.json, and its content is not to be found\./.test(
          error.message,
        ),
    ));

  it('is not looked for in the list where the answer is another', () =>
    assert.rejects(download([], refused(403)), /403/));
});
