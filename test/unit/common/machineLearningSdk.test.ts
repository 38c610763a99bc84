import assert from 'node:assert/strict';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { Outage } from '../../../tasks/common/azure/http/outage';
import type { ServiceConnection } from '../../../tasks/common/azure/http/serviceConnection';
import { Environments } from '../../../tasks/common/azure/ml/environments';
import { computeState } from '../../../tasks/common/azure/ml/jobs/follow/computeState';
import { Jobs } from '../../../tasks/common/azure/ml/jobs/rest/jobs';
import { WorkspaceAssets } from '../../../tasks/common/azure/ml/jobs/rest/workspaceAssets';
import { Models } from '../../../tasks/common/azure/ml/models';
import type { Secret } from '../../../tasks/common/secret';
import { Workspace } from '../../../tasks/common/azure/ml/workspace';
import { openDatastore } from '../../../tasks/common/azure/storage/datastoreContainer';
import { uploadData } from '../../../tasks/common/azure/storage/dataUpload';
import { registerEnvironment } from '../../../tasks/PackageImage/image/registeredEnvironment';
import { PatientSession } from '../../support/patientSession';
import { startSecureServer } from '../../support/secureServer';

const signal = new AbortController().signal;

/** What the service answers in turn, the last again and again; "cut" breaks the connection. */
type Answer = { status?: number; body?: unknown; type?: string; headers?: Record<string, string> } | 'cut';

describe("Azure ML's control plane by its SDK", () => {
  let server: Awaited<ReturnType<typeof startSecureServer>>;
  let answers: Answer[];
  let asked: Array<{ method: string; path: string; query: URLSearchParams }>;
  let session: PatientSession;
  let workspace: Workspace;

  before(async () => {
    server = await startSecureServer((request, response) => {
      const url = new URL(request.url!, 'https://any');
      asked.push({ method: request.method!, path: url.pathname.split('/workspaces/w/')[1] ?? '', query: url.searchParams }); // prettier-ignore
      const answer = answers[Math.min(asked.length, answers.length) - 1]!;
      if (answer === 'cut') return void request.socket.destroy();
      const { status = 200, body = {}, type = 'application/json', headers } = answer;
      response.writeHead(status, { 'content-type': type, ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  after(() => server.close());
  beforeEach(() => {
    asked = [];
    const connection = {
      resourceManagerUrl: server.url,
      audience: 'https://management.example',
      subscriptionId: 's',
    } as ServiceConnection;
    session = new PatientSession(connection, server.network);
    workspace = new Workspace(session, 'g', 'w');
  });

  const missing: Answer = { status: 404, body: { error: { code: 'UserError', message: 'Not found m container with name: m.' } } }; // prettier-ignore
  const job = { name: 'j', properties: { jobType: 'Command', status: 'Running' } };
  const version = { id: '/v/1', name: '1', properties: { modelUri: 'azureml://x' } };
  const datastore = { properties: { datastoreType: 'AzureBlob', accountName: 'a', containerName: 'c' } };
  const assets = () => new WorkspaceAssets(workspace, undefined as never, undefined as never, signal);
  const origin = { place: 'here', directory: '/' };

  /** Each operation that goes by the SDK, with a good answer. Of what is known to be there a 404 is believed when it repeats. */
  const operations: Array<{ what: string; call: () => Promise<unknown>; good: unknown; isThere: boolean }> = [
    { what: 'a workspace is read', call: () => workspace.resource(), good: { id: '/w', location: 'l', properties: {}, value: [] }, isThere: false }, // prettier-ignore
    { what: 'a job is read', call: () => new Jobs(workspace).find('j'), good: job, isThere: false },
    { what: 'a job that is there is read', call: () => new Jobs(workspace).find('j', signal, true), good: job, isThere: true }, // prettier-ignore
    { what: 'a model version is read', call: () => new Models(workspace).find('m', '1'), good: version, isThere: false }, // prettier-ignore
    { what: 'a model version that is there is read', call: () => new Models(workspace).find('m', '1', true), good: version, isThere: true }, // prettier-ignore
    { what: 'model versions are listed', call: () => new Models(workspace).list('m', { top: 1 }), good: { value: [version] }, isThere: false }, // prettier-ignore
    { what: 'a compute is read', call: () => assets().compute('c', origin), good: { name: 'c', value: [] }, isThere: false }, // prettier-ignore
    { what: "a compute's state is read", call: () => computeState(workspace, '/c', signal), good: {}, isThere: true },
    { what: 'an environment is read', call: () => new Environments(workspace).find('e', '1', signal), good: { id: '/e' }, isThere: true }, // prettier-ignore
    { what: 'the newest environment is listed', call: () => new Environments(workspace).find('e', '@latest', signal), good: { value: [{ id: '/e' }] }, isThere: true }, // prettier-ignore
    { what: 'a data asset is read', call: () => assets().data('azureml:d:1', 'uri_file', origin), good: {}, isThere: true }, // prettier-ignore
    { what: 'the newest model is listed', call: () => assets().data('azureml:m@latest', 'mlflow_model', origin), good: { value: [version] }, isThere: true }, // prettier-ignore
    { what: 'a component is read', call: () => assets().component('azureml:c:1', origin), good: {}, isThere: true },
    { what: 'a datastore is looked for', call: () => assets().data('azureml://datastores/d/paths/x', 'uri_file', origin), good: datastore, isThere: true }, // prettier-ignore
  ];

  for (const { what, call, good, isThere } of operations) {
    it(`rides out what passes by itself where ${what}`, async () => {
      answers = [
        'cut',
        { status: 429, headers: { 'retry-after': '7' } },
        { status: 503, body: 'upstream', type: 'text/plain' },
        { body: '{"value": [' },
        { body: '<html><title>Sign in</title>', type: 'text/html' },
        { body: good },
      ];
      await call();
      assert.equal(asked.length, answers.length);
      assert.deepEqual(session.pauses, [1_000, 7_000, 4_000, 8_000, 8_000]);
      assert.deepEqual([...new Set(asked.map(({ query }) => query.get('api-version')))], ['2024-04-01']);
    });

    it(`${isThere ? 'does not believe' : 'believes'} one 404 where ${what}`, async () => {
      answers = [missing, { body: good }];
      await call().catch((error: unknown) => assert.ok(!isThere, String(error)));
      // Where it was believed, something else may be asked then, such as for a list.
      assert.equal(session.pauses.length, isThere ? 1 : 0);
    });

    it(`is out of reach, with what came, where ${what} and another answers for good`, async () => {
      answers = [{ body: '<html><title>Sign in</title>', type: 'text/html' }];
      const failed = (error: unknown) =>
        error instanceof AzureFailure && error.status === undefined && /title "Sign in"/.test(error.message);
      await assert.rejects(call(), failed);
      assert.equal(asked.length, 9);
      // So that whoever follows work rides it out.
      const outage = new Outage({ info: () => undefined } as never, { now: Date.now, sleep: async () => undefined });
      asked = [];
      assert.equal(await outage.ride(call), undefined);
    });
  }

  it('refuses what is not what was asked for, however well-formed', async () => {
    for (const body of [{ name: 'j' }, { name: 'j', properties: {} }, [], { value: [] }]) {
      answers = [{ body }];
      asked = [];
      await assert.rejects(new Jobs(workspace).find('j'), /where|missing/);
    }
  });

  it('shows what is within a refusal, which the models of the SDK drop', async () => {
    const error = { code: 'UserError', message: 'Bad request.', innererror: { code: 'BadArgument', message: 'The name is too long.' } }; // prettier-ignore
    answers = [{ status: 400, body: { error } }];
    await assert.rejects(
      new Jobs(workspace).find('j'),
      /answered 400 UserError to GET https:.*\/workspaces\/w\/jobs\/j: Bad request\. The name is too long\.$/,
    );
    answers = [{ status: 502, body: '<html>Bad gateway</html>', type: 'text/html' }];
    await assert.rejects(new Jobs(workspace).find('j'), /answered 502 .*: Bad gateway$/);
  });

  it("takes no proxy's 203 for an answer, and quotes nothing of it", async () => {
    answers = [{ status: 203, body: { ...datastore, key: 'c2VjcmV0' } }];
    await assert.rejects(openDatastore(workspace, 'd', signal), (error: Error) => {
      return error instanceof AzureFailure && /status 203/.test(error.message) && !error.message.includes('c2VjcmV0');
    });
  });

  it('ends by the reason of its signal', async () => {
    answers = [{ body: job }];
    const reason = new Error('the job was cancelled');
    await assert.rejects(new Jobs(workspace).find('j', AbortSignal.abort(reason)), reason);
  });

  it('reads a job of a kind that it does not know, with all that is in it', async () => {
    const spark = { name: 'j', properties: { jobType: 'Spark', status: 'Completed', outputs: { o: { jobOutputType: 'uri_folder', uri: 'u' } }, queueSettings: { jobTier: 'Spot' } } }; // prettier-ignore
    answers = [{ body: spark }];
    assert.deepEqual(await new Jobs(workspace).find('j'), spark);
  });

  it('cancels a job and waits for nothing, and takes a job that has ended for cancelled', async () => {
    const location = `${server.url}/subscriptions/s/operations/1?api-version=1`;
    answers = [{ status: 202, body: '', headers: { location } }];
    await new Jobs(workspace).requestCancel('j');
    assert.deepEqual(asked.map(({ method, path }) => `${method} ${path}`), ['POST jobs/j/cancel']); // prettier-ignore
    for (const status of [400, 404, 409]) {
      answers = [{ status, body: { error: { code: 'UserError', message: 'It has ended.' } } }];
      await new Jobs(workspace).requestCancel('j');
    }
    answers = ['cut', { status: 500 }, { status: 202, body: '', headers: { location } }];
    asked = [];
    await new Jobs(workspace).requestCancel('j');
    assert.equal(asked.length, 3, 'it does no harm twice');
    answers = [{ status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } }];
    await assert.rejects(new Jobs(workspace).requestCancel('j'), /answered 403 AuthorizationFailed to POST/);
  });

  it('asks for a page only where it is needed', async () => {
    const nextLink = `${server.url}/subscriptions/s/workspaces/w/models/m/versions?api-version=2024-04-01&$skip=1`;
    answers = [{ body: { value: [version], nextLink } }, { body: { value: [{ ...version, name: '0' }] } }];
    assert.equal((await new Models(workspace).list('m', { top: 1 })).length, 1);
    assert.equal(asked.length, 1);
    assert.deepEqual([asked[0]!.query.get('$top'), asked[0]!.query.get('$orderBy')], ['1', 'createdtime desc']);
    asked = [];
    assert.deepEqual((await new Models(workspace).list('m', { top: 5 })).map((each) => each.version), ['1', '0']); // prettier-ignore
    assert.equal(asked[1]!.query.get('$skip'), '1');
  });

  it('opens a datastore by its key, by its SAS, and asks for both again where the answer was cut', async () => {
    const kept: string[] = [];
    const opened = async () => (await openDatastore(workspace, 'd', signal)).sasUrl.reveal();
    Object.assign(session, { keepSecret: (value: Secret) => kept.push(value.reveal()) });
    answers = [{ body: datastore }, 'cut', { body: { secretsType: 'AccountKey', key: 'c2VjcmV0' } }];
    assert.match(await opened(), /^https:\/\/a\.blob\..*\/c\?.*sig=/);
    asked = [];
    answers = [{ body: datastore }, { body: { secretsType: 'Sas', sasToken: '?sv=1' } }];
    assert.equal(await opened(), 'https://a.blob.core.windows.net/c?sv=1');
    assert.deepEqual(kept, ['c2VjcmV0', '?sv=1']);
    assert.deepEqual(asked.map(({ method, path }) => `${method} ${path}`), ['GET datastores/d', 'POST datastores/d/listSecrets']); // prettier-ignore
  });

  it('says which workspaces there are where there is none of that name, and takes one that is listed for there', async () => {
    const listed = { value: [{ name: 'W', id: '/W', location: 'l', properties: { discoveryUrl: 'd' } }] };
    answers = [missing, { body: listed }];
    assert.deepEqual((await workspace.resource()).id, '/W');
    asked = [];
    answers = [missing, { body: { value: [{ ...listed.value[0], name: 'other' }] } }];
    await assert.rejects(new Workspace(session, 'g', 'w').resource(), /does not exist .*workspaces there: other/);
  });

  it('says which computes, environments and datastores there are where one is not there', async () => {
    const named = { body: { value: [{ name: 'other', properties: {} }] } };
    answers = [missing, named];
    await assert.rejects(assets().compute('c', origin), /no compute "c"\. There are: other\./);
    asked = [];
    answers = [missing, missing, missing, missing, named];
    await assert.rejects(assets().data('azureml://datastores/d/x', 'uri_file', origin), /There are: other\./);
    asked = [];
    answers = [...Array<Answer>(8).fill(missing), named];
    await assert.rejects(new Environments(workspace).find('e', '1', signal), /Environments there: other\./);
  });

  it('finds the default datastore, and the environment that an image is registered as', async () => {
    answers = [{ body: { value: [] } }];
    const log = { info: () => undefined } as never;
    await assert.rejects(
      uploadData(workspace, undefined as never, __filename, { log, signal }),
      /no default datastore/,
    );
    assert.equal(asked[0]!.query.get('isDefault'), 'true');
    asked = [];
    const routes = { port: 5001, readinessPath: '/', scoringPath: '/score' };
    answers = [{ body: { value: [{ id: '/e/3', name: '3', properties: { image: 'i' } }] } }];
    assert.equal(await registerEnvironment(workspace, 'e', 'i', routes, {}, signal), '/e/3');
  });
});
