import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import * as fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import sinon from 'sinon';
import type { ContainerGroup, ContainerGroups } from '../../../tasks/common/azure/containerGroups/containerGroups';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import { RegistryContents } from '../../../tasks/common/azure/registry/containerRegistryContents';
import { privateKeySigner } from '../../../tasks/common/evidence/signer';
import { TrustedKeys } from '../../../tasks/common/evidence/trustedKeys';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import type { DeploymentSection, EvaluationSection, ModelRecord } from '../../../tasks/common/record/record';
import { writeRecord } from '../../../tasks/common/record/recordFile';
import { TaskFailure } from '../../../tasks/common/taskFailure';
import type { Inputs } from '../../../tasks/TestEndpoint/inputs';
import { isRecordedEndpoint } from '../../../tasks/TestEndpoint/recordedEndpoint';
import { createScoringClient } from '../../../tasks/TestEndpoint/requests/scoringClient';
import { testEndpointWith } from '../../../tasks/TestEndpoint/testEndpoint';
import { taskContext } from '../../support/taskContext';
import { azureDoubles } from './azureDoubles';

const digest = `sha256:${'1'.repeat(64)}`;
const image = `r.azurecr.io/x@${digest}`;
const workspace = { subscriptionId: 'sub-a', resourceGroup: 'group', name: 'home' };

describe('Test-Endpoint: what a record lets tests decide', () => {
  let directory: string;
  let recordFile: string;
  let requestsFile: string;
  let server: Server;
  let scoringUri: URL;
  let served: number;
  /** What Azure says of the container group. */
  let deployed: { find: ContainerGroups['find']; log: string[] };
  before(async () => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'recorded-'));
    recordFile = path.join(directory, 'mlops-record.json');
    requestsFile = path.join(directory, 'requests.json');
    fs.writeFileSync(requestsFile, '[{"name": "one", "request": {}, "expected": {"predictions": [1]}}]');
    server = createServer((request, response) => {
      served++;
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

  beforeEach(() => {
    deployed = { find: async () => undefined, log: [] };
    served = 0;
  });

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
      image,
      imageDigest: digest,
      scoringUri: deployedAt,
      previousImage: null,
      deployedAt: '2026-01-01',
    };
    return append(record, 'deployment', deployment);
  }

  async function run(
    record: ModelRecord,
    inputs: Partial<Inputs>,
    subscriptionId = 'sub-a',
    requireRights = () => Promise.resolve(),
  ) {
    writeRecord(recordFile, record);
    const { azure, groups, models } = azureDoubles(subscriptionId);
    groups.find.callsFake(deployed.find);
    groups.log.resolves(deployed.log);
    groups.remove.callsFake(async () => void groups.find.resolves(undefined));
    const contents = sinon.createStubInstance(RegistryContents);
    contents.referrers.resolves([]);
    contents.manifestDescriptor.rejects(new TaskFailure('The registry cannot be asked.'));
    const unsigned = {
      signer: async () => privateKeySigner(generateKeyPairSync('ed25519').privateKey),
      registry: async () => contents,
      trustedKeys: () => new TrustedKeys([], { key: () => assert.fail('there is no vault') }),
      requireRights,
    };
    const champion = { name: 'm', version: '2', tags: { champion: '2026' } } as unknown as RegisteredModel;
    models.tag.resolves(champion);
    models.withTags.resolves([]);
    const { context, traces } = taskContext(directory);
    const published: string[] = [];
    const testResults = (file: string) => void published.push(fs.readFileSync(file, 'utf8'));
    const result = await testEndpointWith(
      { scoringClient: () => createScoringClient({}, 5000), azure: { ...azure, ...unsigned } },
      {
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
      { ...context, publish: { ...context.publish, testResults } },
    );
    const summaries = traces.summaries.map(([, markdown]) => markdown);
    const changed = [
      ...models.tag.args.map(([name, version]) => `tag ${name}:${version}`),
      ...groups.remove.args.map(([name]) => `remove ${name}`),
    ];
    return { ...result, ...traces, published: [...summaries, ...published], changed };
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
    assert.deepEqual(result.changed, ['tag m:2']);
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
    assert.deepEqual(result.changed, []);
    assert.deepEqual(JSON.parse(fs.readFileSync(recordFile, 'utf8')), record);
  });

  it('rolls no deployment back because another endpoint failed', async () => {
    const record = recordOf({ decision: 'approved', deployedAt: 'http://other.example/score' });
    const result = await run(record, { rollbackOnFailure: true, scoringUri: new URL('/wrong', scoringUri) });
    assert.match(result.reason!, /1 of 1 tests failed: .*rollbackOnFailure did nothing/);
    assert.deepEqual(result.changed, []);
  });

  /** A group that runs the record's image. */
  const group = {
    containers: [{ name: 'scoring', image }],
    tags: { 'mlops-model': 'm', 'mlops-model-version': '2' },
  } as unknown as ContainerGroup;
  const asks = { rollbackOnFailure: true, publishTestResults: true };

  it('rolls back, and writes results, whatever a hostile answer or an error of its own ended', async () => {
    const deep = new URL('/deep', scoringUri);
    deployed.find = async () => group;
    const hostile = await run(recordOf({ decision: 'approved', deployedAt: deep.href }), { ...asks, scoringUri: deep });
    assert.match(hostile.reason!, /one \(The reply cannot be judged: it is nested more than 1000 levels deep\.\)/);
    let looks = 0;
    deployed.find = async () => {
      if (looks++ === 0) throw new RangeError('Maximum call stack size exceeded');
      return group;
    };
    const broken = await run(recordOf({ decision: 'approved', deployedAt: scoringUri.href }), asks);
    assert.match(broken.reason!, /failed unexpectedly: Maximum call stack/);
    for (const { outcome } of [hostile, broken]) assert.equal(outcome, 'failed');
    const { tests } = JSON.parse(fs.readFileSync(recordFile, 'utf8')) as ModelRecord;
    assert.equal(tests!.rollback?.outcome, 'removed');
    assert.match(broken.published.join(), /<testsuites [^]*failed unexpectedly/);
  });

  it('has written what the tests found before a roll-back begins, which may be cancelled', async () => {
    const wrong = new URL('/wrong', scoringUri);
    const written: Array<ModelRecord['tests']> = [];
    deployed.find = async () => {
      written.push((JSON.parse(fs.readFileSync(recordFile, 'utf8')) as ModelRecord).tests);
      return group;
    };
    await run(recordOf({ decision: 'approved', deployedAt: wrong.href }), { ...asks, scoringUri: wrong });
    assert.equal(written[0], undefined);
    assert.equal(written.at(-1)?.passed, false);
  });

  it('fails, and promotes nothing, where no trusted key vouches for the image', async () => {
    deployed.find = async () => group;
    const evidenced = append(recordOf({ decision: 'approved', deployedAt: scoringUri.href }), 'image', {
      ...{ reference: image, digest, registry: 'r.azurecr.io', repository: 'x', tags: [] },
      ...{ port: 5001, readinessPath: '/', scoringPath: '/score', built: true },
    });
    const result = await run(evidenced, { promoteToChampion: true, trustedKeys: [] });
    assert.equal(result.outcome, 'failed');
    assert.match(result.reason!, /tests failed: signed evidence \(/);
    assert.equal(result.outputs.testsPassed, 'false');
    assert.deepEqual(result.changed, []);
  });

  it('sends and changes nothing where the service connection lacks a right', async () => {
    deployed.find = () => assert.fail('nothing is asked for before');
    const lacking = () => Promise.reject(new TaskFailure('It may not tag the champion.'));
    const record = recordOf({ decision: 'approved', deployedAt: scoringUri.href });
    const wanted = { promoteToChampion: true, rollbackOnFailure: true };
    await assert.rejects(run(record, wanted, 'sub-a', lacking), /It may not tag the champion/);
    await assert.rejects(run(record, { ...wanted, scoringUri: undefined }, 'sub-a', lacking), /It may not tag/);
    assert.equal(served, 0);
    assert.deepEqual(JSON.parse(fs.readFileSync(recordFile, 'utf8')), record);
  });

  it('promotes nothing whose tests could not be signed, and fails', async () => {
    deployed.find = async () => group;
    const { privateKey: key } = generateKeyPairSync('ed25519');
    const result = await run(recordOf({ decision: 'approved', deployedAt: scoringUri.href }), {
      promoteToChampion: true,
      signingKey: { kind: 'privateKey', key },
    });
    assert.equal(result.outcome, 'failed');
    assert.equal(result.reason, 'What was tested could not be signed: The registry cannot be asked.');
    assert.equal(result.outputs.testsPassed, 'true');
    assert.deepEqual(result.changed, []);
  });

  it('rolls nothing back because Azure could not be asked', async () => {
    deployed.find = () => Promise.reject(new TaskFailure('Azure could not be reached.'));
    const result = await run(recordOf({ decision: 'approved', deployedAt: scoringUri.href }), asks);
    assert.match(result.reason!, /1 of 2 tests failed: container group \(It cannot be checked: Azure could not be/);
    const { tests } = JSON.parse(fs.readFileSync(recordFile, 'utf8')) as ModelRecord;
    assert.deepEqual([tests!.rollback, tests!.failed], [undefined, 1]);
    assert.match(result.lines.join('\n'), /Not rolled back: no test failed but those that could not be made/);
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
      result.warnings.map((each) => each.slice(0, 52)),
      ['The endpoint has 2 findings that fail no test: JSON '],
    );
    assert.match(
      result.published[0]!,
      /✅ Endpoint tests: 2 of 2 passed[^]*What could be better[^]*\| an empty body \| answered 500/,
    );
  });

  it("shows the container's last lines beside a request that failed", async () => {
    deployed = {
      find: async () => group,
      log: ['Started', "Exception during init: No module named 'six'", '"POST /score" 200'],
    };
    const wrong = new URL('/wrong', scoringUri);
    const result = await run(recordOf({ decision: 'approved', deployedAt: wrong.href }), {
      scoringUri: wrong,
      publishTestResults: true,
    });
    assert.match(
      result.reason!,
      /1 of 3 tests failed: .*the container's log says "Exception during init: No module named 'six'"/,
    );
    for (const place of [result.lines.join('\n'), ...result.published])
      assert.match(place, /Exception during init: No module named/);
    assert.equal(result.published.length, 2);
  });

  it('promotes no model that Evaluate rejected', async () => {
    const result = await run(recordOf({ decision: 'rejected' }), { promoteToChampion: true });
    assert.match(result.reason!, /m:2 is not promoted, because Evaluate rejected it: rmse is 9/);
    assert.deepEqual(result.changed, []);
  });

  it('promotes no model of the same name and version of another workspace', async () => {
    const record = recordOf({ decision: 'approved' });
    const elsewhere = /is registered in the workspace home of group \(subscription sub-a\)/;
    const others = [
      await run(record, { promoteToChampion: true, workspace: 'other' }),
      await run(record, { promoteToChampion: true }, 'sub-b'),
    ];
    for (const { reason, changed } of others) {
      assert.match(reason!, elsewhere);
      assert.deepEqual(changed, []);
    }
  });
});
