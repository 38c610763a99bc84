import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '../../../../tasks/common/secret';
import type { TaskLog } from '../../../../tasks/common/log';
import { addBuildTag } from '../../../../tasks/common/task/buildTag';

describe('the tag of a build', () => {
  let server: Server;
  let answer: { status: number; body: string };
  const asked: string[] = [];

  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    asked.length = 0;
    answer = { status: 200, body: '["a-tag"]' };
  });
  after(() => server.close());

  const tag = async (
    text: string,
    {
      hostType = 'build',
      token = 'the-token',
      signal = new AbortController().signal,
    }: { hostType?: 'build' | 'release'; token?: string; signal?: AbortSignal } = {},
  ) => {
    const said: string[] = [];
    const say = (kind: string) => (line: string) => void said.push(`${kind}: ${line}`);
    const log = { info: say('info'), debug: say('debug'), warning: say('warning') } as unknown as TaskLog;
    const projectUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/p/`;
    const build = { id: '7', number: '', definition: '', url: '' };
    const found = () => (token ? { projectUrl, accessToken: new Secret(token) } : undefined);
    await addBuildTag(text, { hostType, build, server: found }, { log, network: {}, signal });
    return said.join('\n');
  };

  it('is put by REST with the token of the job', async () => {
    assert.equal(await tag('model:größe 1'), 'info: Tagged the build model-gr-e-1.');
    assert.deepEqual(asked, ['PUT /p/_apis/build/builds/7/tags/model-gr-e-1?api-version=7.1 Bearer the-token']);
  });

  it('never fails the step: who may not set it is told what to allow', async () => {
    answer = { status: 403, body: '{"message":"Access denied. It needs Edit build quality permissions."}' };
    const said = await tag('model-1');
    assert.match(said, /^warning: The build was not tagged model-1: .*403.*Allow .* "Edit build quality"/);
  });

  it('never fails the step where the server does not know the build', async () => {
    answer = { status: 404, body: '{"message":"The requested build 7 could not be found."}' };
    assert.match(await tag('model-1'), /^warning: The build was not tagged model-1: .*could not be found\.$/);
  });

  it('needs a build and a token', async () => {
    assert.match(await tag('model-1', { hostType: 'release' }), /^debug: /);
    assert.match(await tag('model-1', { token: '' }), /^warning: The build was not tagged model-1: .*no access token/);
    assert.deepEqual(asked, []);
  });

  it('ends at once where the pipeline is cancelled', () =>
    assert.rejects(tag('model-1', { signal: AbortSignal.abort(new Error('cancelled')) })));
});
