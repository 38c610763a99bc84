import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { closingReport } from '../../../local/agent/run/closingReport';
import type { RunRecord } from '../../../local/agent/run/runRecord';
import { temporaryFolder } from '../../support/agent';

const digest = `sha256:${'ab'.repeat(32)}`;
const record = {
  model: { name: 'cost-estimator', version: '2' },
  evaluation: { decision: 'approved', reason: 'All criteria hold.' },
  image: { registry: 'r.azurecr.localhost:1', repository: 'img', digest, built: true },
  deployment: { scoringUri: 'http://c.eastus.azurecontainer.localhost:5001/score' },
  training: { goldenRequests: { file: 'golden_requests.json' } },
  tests: { latency: { p95: 18.4 } },
};

function report(
  result: RunRecord['result'],
  more: { address?: string; cloudStays?: boolean; golden?: string } = {},
): string {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'mlops-record.json'), JSON.stringify(record));
  mkdirSync(path.join(folder, 'artifacts', 'mlops'), { recursive: true });
  writeFileSync(
    path.join(folder, 'artifacts', 'mlops', 'golden_requests.json'),
    more.golden ?? `[\n  {"request": {"data": [{"cut": "it's Ideal",\n "depth": 1.0}]}}\n]`,
  );
  const cases = [{ outcome: 'passed' }, { outcome: 'skipped' }];
  const step = {
    displayName: 'Test',
    result: result === 'failed' ? 'failed' : 'succeeded',
    issues: [{ type: 'error', message: 'p95 is too slow' }],
    testRuns: [{ cases }],
  };
  const run = { id: 3, result, startTime: '2026-11-22T10:00:00Z', finishTime: '2026-11-22T10:00:30Z' };
  return closingReport({
    run: { ...run, modelRecord: 'mlops-record.json', stages: [{ jobs: [{ steps: [step] }] }] } as unknown as RunRecord,
    folder,
    page: path.join(folder, 'index.html'),
    addressOf: () => more.address ?? '127.0.0.1',
    upCommand: more.cloudStays ? undefined : 'npm run local -- up --directory /elsewhere',
    rerunCommand: 'npm run local -- rerun --directory /elsewhere',
    paint: (_style, text) => text,
  });
}

describe('the closing report', () => {
  it('says decision, model, image, endpoint, tests, how to call it, and where the page is', () => {
    const text = report('succeeded');
    for (const part of [
      '✔ Run 3 succeeded in 30 s',
      'cost-estimator version 2',
      'approved: All criteria hold.',
      `r.azurecr.localhost:1/img@${digest}`,
      'Test: 1 of 2 passed, 1 skipped',
      'p95 latency 18 ms',
      'http://c.eastus.azurecontainer.localhost:5001/score',
      'npm run local -- up --directory /elsewhere',
      'index.html',
    ]) {
      assert.ok(text.includes(part), `${part} is missing in:\n${text}`);
    }
  });

  it('gives a curl line that a shell takes as it stands', () => {
    const text = report('succeeded', { cloudStays: true, address: '127.0.0.2' });
    const curl = text.split('\n').find((line) => line.includes('curl'))!;
    assert.ok(curl.includes('--resolve c.eastus.azurecontainer.localhost:5001:127.0.0.2'));
    assert.ok(curl.endsWith(`-d '{"data": [{"cut": "it'\\''s Ideal", "depth": 1.0}]}'`), curl);
    assert.ok(!text.includes('npm run local -- up'));
  });

  it('sends a long request, or one that is not text, by a file beside the page', () => {
    const golden = JSON.stringify([
      { requestBase64: Buffer.from([1, 0, 255]).toString('base64'), contentType: 'image/png' },
    ]);
    const [, file] = /-H 'content-type: image\/png' --data-binary '@(.*)'/.exec(report('succeeded', { golden }))!;
    assert.deepEqual([...readFileSync(file!)], [1, 0, 255]);
    const long = `{"x": "${'a'.repeat(1000)}"}`;
    const [, other] = /--data-binary '@(.*)'/.exec(report('succeeded', { golden: `[{"request": ${long}}]` }))!;
    assert.equal(readFileSync(other!, 'utf8'), long);
  });

  it('sends text as it is, whatever it begins with', () => {
    const golden = JSON.stringify([{ requestText: '@home', contentType: 'text/plain' }]);
    assert.match(report('succeeded', { golden }), /-H 'content-type: text\/plain' --data-raw '@home'/);
  });

  it('names what failed, and offers no endpoint that may have been rolled back', () => {
    const text = report('failed');
    assert.match(text, /Test failed +p95 is too slow/);
    assert.ok(!text.includes('curl'));
    assert.match(text, /Run failed jobs again +npm run local -- rerun --directory \/elsewhere/);
    assert.ok(!report('succeeded').includes('rerun'));
  });
});
