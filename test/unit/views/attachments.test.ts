import assert from 'node:assert/strict';
import { buildAttachments } from '../../../views/tab/attachments';

describe('the attachments of a build', () => {
  it('are all read but one that the server does not give, and that is said of the one', async () => {
    const self = (step: number) =>
      `https://devops/p/_apis/build/builds/5/t/00000000-0000-4000-8000-00000000000${step}/attachments/x`;
    const get = (url: string): Promise<string | undefined> => {
      if (url.includes('/attachments/mlops.record?'))
        return Promise.resolve(
          JSON.stringify({ value: [1, 2, 3].map((step) => ({ name: 'r', _links: { self: { href: self(step) } } })) }),
        );
      if (url === self(1)) return Promise.reject(new Error('Azure DevOps answered 500.'));
      return Promise.resolve(url === self(2) ? 'the record' : undefined);
    };
    const read = await buildAttachments(get, 'p', 5);
    assert.deepEqual(
      read.map(({ content, problem }) => [content, problem]),
      [
        ['', 'Azure DevOps answered 500.'],
        ['the record', undefined],
      ],
    );
  });
});
