import assert from 'node:assert/strict';
import type { ServiceConnection } from '../../../../tasks/common/azure/http/serviceConnection';
import { AzureSession } from '../../../../tasks/common/azure/http/session';

describe('a session with Azure', () => {
  const session = new AzureSession({ resourceManagerUrl: 'https://management.example' } as ServiceConnection);
  for (const url of ['//evil.example/x', '/\\evil.example/x', '\\\\evil.example/x', 'ftp://evil.example/x', '//']) {
    it(`shows its token to no other host for the resource ${url}`, async () => {
      await assert.rejects(
        session.request({ url }),
        /is no resource of the resource manager management\.example: it leads to/,
      );
    });
  }
});
