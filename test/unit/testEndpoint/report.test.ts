import assert from 'node:assert/strict';
import { XMLParser } from 'fast-xml-parser';
import MarkdownIt from 'markdown-it';
import { junitXml } from '../../../tasks/common/junit';
import { Latencies } from '../../../tasks/TestEndpoint/load/latencies';
import { latencyHistogram, percentileChart } from '../../../tasks/TestEndpoint/load/loadReport';
import { junitSuites, summary } from '../../../tasks/TestEndpoint/report/report';
import { warningOf } from '../../../tasks/TestEndpoint/report/warning';
import type { TestCase } from '../../../tasks/TestEndpoint/requests/testCase';

const cases: TestCase[] = [
  { kind: 'request', name: 'one row', outcome: 'passed', milliseconds: 12.34 },
  {
    kind: 'request',
    name: '<b>two|rows</b>',
    outcome: 'failed',
    milliseconds: 5,
    message: '$.p: expected 2 | got <script>',
    details: 'POST http://s/\n\n```\n##vso[task.complete]',
  },
  { kind: 'model', name: 'image digest', outcome: 'passed' },
  { kind: 'negative', name: 'a wrong key', outcome: 'skipped', message: 'The endpoint takes no key.' },
  { kind: 'swagger', name: 'the example in its description', outcome: 'passed', message: 'answered 200' },
  { kind: 'threshold', name: 'p95 < 200ms', outcome: 'failed', message: 'measured 250 ms' },
];

const containerLogs = [{ container: 'scoring', lines: ["Exception during init: No module named 'six'"] }];

/** 900 answers of 10 ms, 80 of 40 ms, 20 of 90 ms, 1 of them an error. */
function load() {
  const latencies = new Latencies();
  for (let n = 0; n < 1000; n++) latencies.record(n < 900 ? 10 : n < 980 ? 40 : 90, n === 999 ? '503' : undefined);
  return { latencies, seconds: 10, utilization: 0.1 };
}

describe('the report', () => {
  it('is a suite a kind, and a test a request, threshold and bad request, in the Tests tab', () => {
    const { testsuites } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(
      junitXml(junitSuites({ cases, containerLogs }), new Date('2026-01-02T03:04:05Z')),
    ) as { testsuites: { testsuite: Array<{ name: string; tests: string; failures: string }>; skipped: string } };
    assert.deepEqual(
      testsuites.testsuite.map(({ name, tests, failures }) => [name, tests, failures]),
      [
        ['Requests', '2', '1'],
        ['The right model', '1', '0'],
        ['Thresholds', '1', '1'],
        ['Robustness', '1', '0'],
        ['From the service’s description', '1', '0'],
      ],
    );
    const [requests, , thresholds, robustness, described] = testsuites.testsuite as never as Array<{
      testcase: Record<string, unknown> & Array<Record<string, unknown>>;
    }>;
    assert.equal((testsuites as unknown as { timestamp: string }).timestamp, '2026-01-02T03:04:05.000Z');
    assert.equal((requests as unknown as { timestamp: string }).timestamp, '2026-01-02T03:04:05.000Z');
    const [first, second] = requests!.testcase;
    assert.deepEqual(first, { name: 'one row', classname: 'TestEndpoint.request', time: '0.012' });
    assert.deepEqual(second!.failure, {
      message: cases[1]!.message,
      '#text':
        `${cases[1]!.details}\n\nLog of scoring:\nException during init: No module named &apos;six&apos;`.replaceAll(
          '&apos;',
          "'",
        ),
    });
    assert.deepEqual(robustness!.testcase.skipped, { message: 'The endpoint takes no key.' });
    assert.equal(described!.testcase['system-out'], 'answered 200');
    assert.equal((thresholds!.testcase.failure as { message: string }).message, 'measured 250 ms');
  });

  it('is a page that shows all tests, the start, latency in numbers and bars, and what failed, as text', () => {
    const result = load();
    const page = summary(
      'http://s/score',
      { cases, containerLogs, startup: { seconds: 4, retries: { 503: 3 } }, load: result },
      result.latencies.figures(result.seconds),
      ['Rolled back: r.io/i@sha256:1 serves again.'],
    );
    const html = new MarkdownIt({ html: true }).render(page);
    for (const part of [
      '<h2>❌ Endpoint tests: 3 of 6 passed, 2 failed, 1 skipped</h2>',
      '<code>http://s/score</code>',
      'Rolled back: r.io/i@sha256:1 serves again.',
      'ready after 4.0 s; before that: 3 × 503.',
      '<td>&lt;b&gt;two|rows&lt;/b&gt;</td>',
      '1000 requests, 99.9 answered per second, 0.1 % errors; p50 10 ms, p95 40 ms, p99 90',
      '<td>p99</td>',
      `<td style="text-align:right">90 %</td>\n<td>${'█'.repeat(30)}</td>`,
      'The tab Model of this run shows it as pictures.',
      '##vso[task.complete]',
      'What the container <code>scoring</code> wrote last',
      'Exception during init: No module named',
    ])
      assert.ok(html.includes(part), `${part} is missing in\n${html}`);
    assert.ok(!/<script|<b>/.test(html));
    assert.equal(html.match(/<table>/g)?.length, 3);
  });

  it('says what could be better: what was sent, what came back, and each remedy once', () => {
    const probe = { kind: 'emptyBody', isHeld: false, wanted: 'a status of 400 to 499' } as const;
    const remedy = { advice: 'An AMLResponse tells the caller.', code: 'return AMLResponse("no", 400)' };
    const findings = ['an empty body', 'JSON | that breaks off'].map((sent) => ({
      ...probe,
      sent,
      answered: 'answered 500',
      remedy,
    }));
    const passed: TestCase[] = [
      { kind: 'request', name: 'one', outcome: 'passed', warning: 'The reply is encoded twice.' },
    ];
    const robustness = {
      probes: [...findings, { ...probe, isHeld: true, sent: 'x', answered: 'answered 400' }],
      findings,
    };
    const page = summary('http://s/score', { cases: passed, robustness }, undefined, []);
    assert.match(page, /## ✅ Endpoint tests: 1 of 1 passed\n/);
    assert.match(page, /### What could be better\n\n- one: The reply is encoded twice\./);
    assert.match(page, /The service handled 1 of 3/);
    assert.match(page, /\| an empty body \| answered 500 \| a status of 400 to 499 \|/);
    assert.equal(page.split('```python\nreturn AMLResponse("no", 400)\n```').length, 2);
    assert.match(page, /\*\*an empty body; JSON \\\| that breaks off\*\*: An AMLResponse/);
    const warning = warningOf({ cases: passed, robustness })!;
    assert.match(
      warning,
      /has 3 findings that fail no test: an empty body \(answered 500\); JSON \| that breaks off \(answered 500\); one: The reply is encoded twice; |robustness: fail makes the step fail/,
    );
    assert.equal(warningOf({ cases: [{ kind: 'request', name: 'one', outcome: 'passed' }] }), undefined);
  });

  it('has a page, and names, of bounded size', () => {
    const many: TestCase[] = Array.from({ length: 10_000 }, (_, n) => ({
      kind: 'request',
      name: n === 9_999 ? 'x'.repeat(5_000) : `request ${n}`,
      outcome: n === 9_999 ? 'failed' : 'passed',
      message: n === 9_999 ? 'y'.repeat(10_000) : undefined,
    }));
    const page = summary('http://s/score', { cases: many }, undefined, []);
    assert.ok(page.length < 60_000, `${page.length}`);
    assert.match(page, /x{5000}/, 'what failed is on it');
    const xml = junitXml(junitSuites({ cases: many }), new Date(0));
    assert.match(xml, /<testcase name="x{249}…"/);
    assert.match(xml, /<failure message="y{3999}…">x{5000}\n\ny{10000}</);
  });

  it('has pictures that hold the percentiles', () => {
    const [bars, line] = [latencyHistogram(load()), percentileChart(load())];
    for (const picture of [bars, line]) assert.ok(new XMLParser().parse(picture), 'it is XML');
    for (const name of ['>p50<', '>p95<', '>p99<', '>milliseconds<']) assert.ok(bars.includes(name), name);
    for (const point of ['p50: 10', 'p95: 40', 'p99: 90', 'max: 90']) {
      assert.match(line, new RegExp(`<title>${point}`));
      assert.match(line, new RegExp(`>${point.split(' ')[1]}[.\\d]* ms<`));
    }
  });
});
