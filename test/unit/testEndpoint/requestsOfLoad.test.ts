import assert from 'node:assert/strict';
import { requestsOfLoad } from '../../../tasks/TestEndpoint/load/measureLoad';
import type { RequestCase } from '../../../tasks/TestEndpoint/requests/requestCases';

const megabyte = 1024 * 1024;

function request(name: string, bytes: number, more: Partial<RequestCase> = {}): RequestCase {
  const common = { method: 'POST', headers: {}, expectStatus: '2xx', assertions: [], expectedPaths: [] };
  return { name, body: Buffer.alloc(bytes), ...common, ...more };
}

describe('the requests of a load test', () => {
  const names = (...requests: RequestCase[]) => requestsOfLoad(requests).map(({ name }) => name);

  it('are those that should succeed', () => {
    const wrong = [request('404', 2, { expectStatus: 404 }), request('4xx', 2, { expectStatus: '4xx' })];
    assert.deepEqual(names(request('2xx', 2), ...wrong, request('201', 2, { expectStatus: 201 })), ['2xx', '201']);
  });

  it('leave out what the file keeps out of the load', () => {
    assert.deepEqual(names(request('a', 2), request('b', 2, { load: false })), ['a']);
    assert.deepEqual(names(request('only', 2, { load: false })), []);
  });

  it('leave out a large one beside small ones, unless the file wants it', () => {
    assert.deepEqual(names(request('small', megabyte), request('large', megabyte + 1)), ['small']);
    assert.deepEqual(names(request('small', 2), request('large', 12 * megabyte, { load: true })), ['small', 'large']);
  });

  it('are the large ones where there is nothing smaller', () => {
    const wrong = request('404', 2, { expectStatus: 404 });
    assert.deepEqual(names(request('large', 12 * megabyte), wrong), ['large']);
  });
});
