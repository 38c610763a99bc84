import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { readRequestCases } from '../../../tasks/TestEndpoint/requestCases';

describe('Test-Endpoint: a requests file that training wrote', () => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'requests-'));
  const folder = path.join(directory, 'mlops');
  before(() => {
    fs.mkdirSync(path.join(folder, 'images'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'images', 'cat.png'), 'a cat');
    fs.writeFileSync(path.join(directory, 'agent-file'), 'of the agent');
    fs.mkdirSync(path.join(directory, 'mlops-other'));
    fs.writeFileSync(path.join(directory, 'mlops-other', 'file'), 'of a neighbour');
  });
  after(() => fs.rmSync(directory, { recursive: true }));

  const read = (entry: object) => {
    const file = path.join(folder, 'golden_requests.json');
    fs.writeFileSync(file, JSON.stringify([entry]));
    return readRequestCases(file)[0]!;
  };

  it('sends requests to routes of the endpoint', () => {
    for (const route of ['/score', 'other?x=1', '/v1//twice', '?version=3']) {
      assert.equal(read({ path: route, request: {} }).path, route);
    }
    assert.equal(read({ request: {} }).path, undefined);
  });

  for (const route of [
    'https://evil.example/score',
    'http://evil.example/',
    '//evil.example/score',
    '\\\\evil.example/score',
    '/\\evil.example',
    'http:evil.example',
    'https:evil.example',
    ' //evil.example',
    '/\t/evil.example',
    'file:///etc/passwd',
    'http://',
  ]) {
    it(`sends no key elsewhere by the path ${JSON.stringify(route)}`, () => {
      assert.throws(() => read({ path: route, request: {} }), /in request 1, "path" is .* no path at the endpoint/);
    });
  }

  it('sends files of its own folder, and no others', () => {
    assert.equal(read({ requestFile: 'images/cat.png' }).body.toString(), 'a cat');
    for (const file of [
      '../agent-file',
      path.join(directory, 'agent-file'),
      'images/../../agent-file',
      '../mlops-other/file',
    ]) {
      assert.throws(() => read({ requestFile: file }), /does not lie in the folder of the requests file/, file);
    }
  });
});
