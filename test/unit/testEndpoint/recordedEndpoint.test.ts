import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import sinon from 'sinon';
import { ContainerGroups, type ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import type { AzureRequest } from '../../../tasks/common/azure/http/session';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import type { DeploymentSection, EvaluationSection, ModelRecord } from '../../../tasks/common/record/record';
import { writeRecord } from '../../../tasks/common/record/recordFile';
import { TaskFailure } from '../../../tasks/common/taskFailure';
import type { TaskContext } from '../../../tasks/common/task/taskContext';
import type { Inputs } from '../../../tasks/TestEndpoint/inputs';
import { isRecordedEndpoint } from '../../../tasks/TestEndpoint/recordedEndpoint';
import { testEndpoint } from '../../../tasks/TestEndpoint/testEndpoint';
import { buildPipeline } from '../../support/taskContext';

const workspace = { subscriptionId: 'sub-a', resourceGroup: 'group', name: 'home' };

describe('Test-Endpoint: what a record lets tests decide', () => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'recorded-'));
  const recordFile = path.join(directory, 'mlops-record.json');
  const requestsFile = path.join(directory, 'requests.json');
  let server: Server;
  let scoringUri: URL;
  let asked: string[];
  let said: string[];
  let time = Date.UTC(2026, 0, 1);
  let published: string[];
  before(async () => {
    fs.writeFileSync(requestsFile, '[{"name": "one", "request": {}, "expected": {"predictions": [1]}}]');
    server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      if (request.url === '/deep') return void response.end('['.repeat(20_000) + ']'.repeat(20_000));
      if (request.url === '/tutorial') {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          if (Buffer.concat(chunks).toString() !== '{}') response.statusCode = 500;
          response.end('{"predictions": [1]}');
        });
        return;
      }
      response.end(request.url === '/wrong' ? '{"predictions": [2]}' : '{"predictions": [1]}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scoringUri = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/score`);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    fs.rmSync(directory, { recursive: true });
  });

  afterEach(() => sinon.restore());

  function recordOf({ deployedAt, decision }: { deployedAt?: string; decision?: EvaluationSection['decision'] }) {
    const model = { name: 'm', version: '2', id: '/m/2', type: 'custom_model', uri: 'azureml://x', workspace };
    let record: ModelRecord = append(emptyRecord(), 'model', model);
    if (decision) {
      const rest = { reason: 'rmse is 9', criteria: [], metrics: {}, champion: null, evaluatedAt: '2026-01-01' };
      record = append(record, 'evaluation', { decision, ...rest });
    }
    if (!deployedAt) return record;
    const deployment: DeploymentSection = {
      containerGroup: 'serving',
      containerGroupId: '/serving',
      resourceGroup: 'group',
      location: 'here',
      image: 'r/x@sha256:1',
      imageDigest: 'sha256:1',
      scoringUri: deployedAt,
      previousImage: null,
      deployedAt: '2026-01-01',
    };
    return append(record, 'deployment', deployment);
  }

  function run(record: ModelRecord, inputs: Partial<Inputs>, subscriptionId = 'sub-a') {
    asked = [];
    said = [];
    published = [];
    writeRecord(recordFile, record);
    const resource = { id: '/m/2', name: '2', properties: { modelUri: 'azureml://x', tags: { champion: '2026' } } };
    const request = ({ method = 'GET', url }: AzureRequest) => {
      // The connection may do everything.
      if (url.endsWith('/permissions')) return Promise.resolve({ body: { value: [{ actions: ['*'] }] } });
      asked.push(`${method} ${url}`);
      return Promise.resolve({ status: 200, headers: {}, body: { ...resource, value: [] } });
    };
    const nothing = () => undefined;
    const log = { info: (text: string) => void said.push(text), debug: nothing, warning: (text: string) => void said.push(`WARNING ${text}`), error: nothing, group: nothing, endGroup: nothing, progress: nothing }; // prettier-ignore
    const context = {
      log,
      clock: { now: () => (time += 1000), sleep: () => Promise.resolve() },
      signal: new AbortController().signal,
      pipeline: buildPipeline(directory),
      publish: {
        summary: (_title: string, text: string) => void published.push(text),
        testResults: (file: string) => void published.push(fs.readFileSync(file, 'utf8')),
        artifact: nothing,
      },
      network: {},
      secret: nothing,
      jobSecrets: { get: nothing },
      azure: () => ({ connection: { subscriptionId }, request }),
    } as unknown as TaskContext;
    return testEndpoint(
      {
        connection: { subscriptionId } as Inputs['connection'],
        recordFile,
        scoringUri,
        requestsFile,
        tolerance: { absolute: 0, relative: 0 },
        thresholds: [],
        loadDurationMs: 0,
        loadConnections: 1,
        robustness: 'off',
        negativeTests: [],
        startupTimeoutMs: 5000,
        requestTimeoutMs: 5000,
        rollbackOnFailure: false,
        promoteToChampion: false,
        publishTestResults: false,
        ...inputs,
      },
      context,
    );
  }

  it('knows its endpoint, however the address is written', () => {
    const at = (deployedAt: string) => recordOf({ deployedAt });
    assert.ok(isRecordedEndpoint(at('http://Name.example:80/score'), new URL('http://name.example/score')));
    assert.ok(!isRecordedEndpoint(at('http://name.example/score'), new URL('http://name.example/other')));
    assert.ok(!isRecordedEndpoint(recordOf({}), new URL('http://name.example/score')));
    assert.ok(!isRecordedEndpoint(undefined, new URL('http://name.example/score')));
  });

  it('promotes the model of a record that names no deployment', async () => {
    const result = await run(recordOf({ decision: 'approved' }), { promoteToChampion: true });
    assert.equal(result.outcome, 'succeeded', result.reason);
    assert.ok(asked.some((each) => each.startsWith('PUT') && each.endsWith('workspaces/home/models/m/versions/2')));
    const { tests } = JSON.parse(fs.readFileSync(recordFile, 'utf8')) as ModelRecord;
    assert.deepEqual(
      [tests?.passed, tests?.scoringUri],
      [true, scoringUri.href],
      'and the record says what was tested',
    );
  });

  it('sends golden requests only as training wrote them', async () => {
    const golden = fs.readFileSync(requestsFile);
    const training = (sha256: string) => {
      const rest = {
        jobName: 'j',
        jobType: 'Command',
        status: 'Completed',
        experimentName: 'e',
        metrics: {},
        data: [],
      };
      return append(emptyRecord(), 'training', { ...rest, goldenRequests: { file: 'requests.json', sha256 } });
    };
    const theirs = createHash('sha256').update(golden).digest('hex');
    assert.equal((await run(training(theirs), { requestsFile: undefined })).outcome, 'succeeded');
    const others = run(training('0'.repeat(64)), { requestsFile: undefined });
    await assert.rejects(others, /requests\.json are not those that training wrote/);
    assert.equal((await run(training('0'.repeat(64)), {})).outcome, 'succeeded');
  });

  it('promotes no model whose deployment was not what was tested, and says no word of it in its record', async () => {
    const record = recordOf({ decision: 'approved', deployedAt: 'http://other.example/score' });
    const result = await run(record, { promoteToChampion: true });
    assert.equal(result.outcome, 'failed');
    assert.match(result.reason!, /promoteToChampion did nothing: .* the deployment at http:\/\/other\.example\/score/);
    assert.deepEqual(asked, []);
    assert.deepEqual(JSON.parse(fs.readFileSync(recordFile, 'utf8')), record);
  });

  it('rolls no deployment back because another endpoint failed', async () => {
    const record = recordOf({ decision: 'approved', deployedAt: 'http://other.example/score' });
    const result = await run(record, { rollbackOnFailure: true, scoringUri: new URL('/wrong', scoringUri) });
    assert.match(result.reason!, /1 of 1 tests failed: .*rollbackOnFailure did nothing/);
    assert.deepEqual(asked, []);
  });

  /** A group that runs the record's image and whose container wrote this. */
  function deployed(logLines: string[] = []) {
    const containers = [{ name: 'scoring', image: 'r/x@sha256:1' }];
    const tags = { 'mlops-model': 'm', 'mlops-model-version': '2' };
    sinon.stub(ContainerGroups.prototype, 'find').resolves({ containers, tags } as unknown as ContainerGroup);
    sinon.stub(ContainerGroups.prototype, 'log').resolves(logLines);
  }
  const asks = { rollbackOnFailure: true, publishTestResults: true };

  it('rolls back, and writes results, whatever a hostile answer or an error of its own ended', async () => {
    const deep = new URL('/deep', scoringUri);
    deployed();
    const hostile = await run(recordOf({ decision: 'approved', deployedAt: deep.href }), { ...asks, scoringUri: deep });
    assert.match(hostile.reason!, /one \(The reply cannot be judged: it is nested more than 1000 levels deep\.\)/);
    sinon.restore();

    deployed();
    (ContainerGroups.prototype.find as sinon.SinonStub)
      .onFirstCall()
      .rejects(new RangeError('Maximum call stack size exceeded'));
    const broken = await run(recordOf({ decision: 'approved', deployedAt: scoringUri.href }), asks);
    assert.match(broken.reason!, /failed unexpectedly: Maximum call stack/);
    for (const { outcome } of [hostile, broken]) assert.equal(outcome, 'failed');
    const { tests } = JSON.parse(fs.readFileSync(recordFile, 'utf8')) as ModelRecord;
    assert.equal(tests!.rollback?.outcome, 'removed');
    assert.match(published.join(), /<testsuites [^]*failed unexpectedly/);
  });

  it('rolls nothing back because Azure could not be asked', async () => {
    sinon.stub(ContainerGroups.prototype, 'find').rejects(new TaskFailure('Azure could not be reached.'));
    const result = await run(recordOf({ decision: 'approved', deployedAt: scoringUri.href }), asks);
    assert.match(result.reason!, /1 of 2 tests failed: container group \(It cannot be checked: Azure could not be/);
    const { tests } = JSON.parse(fs.readFileSync(recordFile, 'utf8')) as ModelRecord;
    assert.deepEqual([tests!.rollback, tests!.failed], [undefined, 1]);
    assert.match(said.join('\n'), /Not rolled back: no test failed but those that could not be made/);
  });

  it('passes a service that answers 500 to nonsense, with one warning and a page that says what could be better', async () => {
    const tutorial = new URL('/tutorial', scoringUri);
    const tests = {
      scoringUri: tutorial,
      robustness: 'report',
      negativeTests: ['malformedJson', 'emptyBody'],
    } as const;
    const result = await run(recordOf({ decision: 'approved' }), tests);
    assert.equal(result.outcome, 'succeeded', result.reason);
    assert.deepEqual(
      said.filter((each) => each.startsWith('WARNING')).map((each) => each.slice(0, 60)),
      ['WARNING The endpoint has 2 findings that fail no test: JSON '],
    );
    assert.match(
      published[0]!,
      /✅ Endpoint tests: 2 of 2 passed[^]*What could be better[^]*\| an empty body \| answered 500/,
    );
  });

  it("shows the container's last lines beside a request that failed", async () => {
    deployed(['Started', "Exception during init: No module named 'six'", '"POST /score" 200']);
    const wrong = new URL('/wrong', scoringUri);
    const result = await run(recordOf({ decision: 'approved', deployedAt: wrong.href }), {
      scoringUri: wrong,
      publishTestResults: true,
    });
    assert.match(
      result.reason!,
      /1 of 3 tests failed: .*the container's log says "Exception during init: No module named 'six'"/,
    );
    for (const place of [said.join('\n'), ...published]) assert.match(place, /Exception during init: No module named/);
    assert.equal(published.length, 2);
  });

  it('promotes no model that Evaluate rejected', async () => {
    const result = await run(recordOf({ decision: 'rejected' }), { promoteToChampion: true });
    assert.match(result.reason!, /m:2 is not promoted, because Evaluate rejected it: rmse is 9/);
    assert.deepEqual(asked, []);
  });

  it('promotes no model of the same name and version of another workspace', async () => {
    const record = recordOf({ decision: 'approved' });
    const elsewhere = /is registered in the workspace home of group \(subscription sub-a\)/;
    assert.match((await run(record, { promoteToChampion: true, workspace: 'other' })).reason!, elsewhere);
    assert.match((await run(record, { promoteToChampion: true }, 'sub-b')).reason!, elsewhere);
    assert.deepEqual(asked, []);
  });
});
