import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { planSelfTest, selfTestFiles } from '../../../tasks/PackageImage/plan/selfTesting';
import type { SelfTestCase } from '../../../tasks/PackageImage/plan/selfTestCase';
import { buildFailure } from '../../../tasks/PackageImage/build/buildFailure';
import { selfTestBrokeOff, selfTestOutcome } from '../../../tasks/PackageImage/build/selfTestOutcome';
import type { ImageSection, SelfTestResult } from '../../../tasks/common/record/record';
import { imageSummary } from '../../../tasks/PackageImage/summary';

const failure = (status: string, log: string) => {
  const { message } = buildFailure(status, undefined, log, 'It is the run ca1.');
  return message;
};

describe('how a self-test ended', () => {
  it('is its last line, also behind what a builder puts before lines', () => {
    const log = '#12 0.3 Self-test begins.\n#12 0.4 SELF-TEST NOT TESTED: init() needs a GPU.\n#12 DONE\n';
    assert.deepEqual(selfTestOutcome(log), { kind: 'notTested', text: 'init() needs a GPU.' });
    assert.equal(selfTestOutcome('nothing of it\n'), undefined);
    assert.equal(selfTestOutcome(`${log}SELF-TEST PASSED: init() ran.\n`)?.kind, 'passed');
  });

  it('is named in one line where it failed', () => {
    const log =
      "Traceback …\nUserScriptException: Caught …\nSELF-TEST FAILED: init() failed with ModuleNotFoundError: No module named 'pandaz'.\nfailed to run step";
    assert.match(
      failure('Failed', log),
      /^The image failed its self-test: init\(\) failed with ModuleNotFoundError: No module named 'pandaz'\./,
    );
  });

  it('is a process that ended where no line says more', () => {
    const begun = 'Self-test begins.\n';
    assert.equal(selfTestBrokeOff(begun), true);
    assert.equal(selfTestBrokeOff(`${begun}SELF-TEST PASSED: x\n`), false);
    assert.match(
      failure('Failed', `${begun}returned a non-zero code: 139`),
      /process ended while it started or answered \(exit code 139\)/,
    );
    assert.match(failure('Failed', `${begun}returned a non-zero code: 137`), /ran out of memory/);
    assert.match(failure('Timeout', begun), /self-test had not ended.*buildTimeoutInMinutes/);
    assert.match(
      failure('Failed', `${begun}SELF-TEST PASSED: x\nreturned a non-zero code: 3`),
      /could not be built \(Failed\)/,
      'what fails after the test is not blamed on it',
    );
  });
});

describe('the summary of a self-test', () => {
  const model = { name: 'm', version: '1' } as Parameters<typeof imageSummary>[0];
  const row = (selfTest: SelfTestResult, built = true) => {
    const image = { reference: 'r', tags: [], built } as unknown as ImageSection;
    return /\| Self-test \| (.*) \|/.exec(imageSummary(model, image, { selfTest }))?.[1];
  };

  it('says what was tested, and what was not', () => {
    assert.equal(row({ outcome: 'off' }), 'none: the input selfTest is off');
    assert.equal(row({ outcome: 'passed', text: 'init() ran.', build: '7' }), 'passed: `init() ran.`');
    assert.equal(row({ outcome: 'notTested', text: 'needs a GPU' }), 'not tested: `needs a GPU`');
  });

  it('says of an image that is used again from which build that is known', () => {
    const passed: SelfTestResult = { outcome: 'passed', text: 'init() ran.', build: '7' };
    assert.equal(row(passed, false), 'passed in the build `7`, which made it: `init() ran.`');
    assert.equal(row({ outcome: 'off', build: '7' }, false), 'none in the build `7`, which made it: the input selfTest was off'); // prettier-ignore
    assert.match(row({ outcome: 'unknown' }, false)!, /^not repeated, and the image does not say how it ended/);
  });
});

describe('the plan of a self-test', () => {
  let directory: string;
  let recordFile: string;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'self-test-'));
    recordFile = path.join(directory, 'mlops-record.json');
  });
  after(() => rmSync(directory, { recursive: true }));
  const tolerance = { absolute: 0.5, relative: 0 };
  const said: string[] = [];
  const inputs = { selfTest: true, selfTestTolerance: tolerance, selfTestEnvironmentVariables: { A: '1' } };
  const planWith = (golden: string | undefined, more: object = {}) => {
    if (golden !== undefined) writeFileSync(path.join(directory, 'golden.json'), golden);
    const sha256 = createHash('sha256')
      .update(golden ?? '')
      .digest('hex');
    const training = golden === undefined ? {} : { goldenRequests: { file: 'golden.json', sha256 } };
    const log = { info: (line: string) => void said.push(line) };
    return planSelfTest({ ...inputs, ...more }, recordFile, { training } as unknown as ModelRecord, log);
  };

  it('is none where it is off, and only a start where there is no request', () => {
    assert.equal(planWith('[{"request": 1}]', { selfTest: false }), undefined);
    assert.deepEqual(planWith(undefined), { environment: { A: '1' }, cases: [] });
  });

  it('sends the golden requests as training wrote them, to the byte', async () => {
    const plan = planWith('[{"name": "g", "request": {"data": [[1.0, 2]]}, "expected": [2.50]}]')!;
    assert.equal(plan.cases[0]?.body.toString(), '{"data": [[1.0, 2]]}');
    const order = selfTestFiles(plan).find((file) => file.path === 'check/self_test.json')!;
    const { stream } = await order.open(new AbortController().signal);
    const { environment, requests } = JSON.parse(Buffer.concat(await stream.toArray()).toString()) as {
      environment: object;
      requests: Array<Record<string, unknown>>;
    };
    assert.deepEqual(environment, { A: '1' });
    assert.equal(requests[0]?.expected, '[2.50]');
    assert.equal(Buffer.from(requests[0].body as string, 'base64').toString(), '{"data": [[1.0, 2]]}');
    assert.deepEqual(requests[0].tolerance, tolerance);
  });

  it('goes by the request of the input where there is one', () => {
    const own = { name: 'own' } as SelfTestCase;
    assert.deepEqual(planWith('[{"request": 1}]', { selfTestRequest: own })?.cases, [own]);
  });

  it('sends no more than a hundred, and says so', () => {
    const many = JSON.stringify(Array.from({ length: 150 }, (_, index) => ({ name: String(index), request: index })));
    assert.equal(planWith(many)?.cases.length, 100);
    assert.match(said.at(-1)!, /first 100 of 150 golden requests/);
  });

  it('refuses golden requests that are not those of the record', () => {
    planWith('[{"request": 1}]');
    const training = { goldenRequests: { file: 'golden.json', sha256: '0'.repeat(64) } };
    assert.throws(
      () => planSelfTest(inputs, recordFile, { training } as unknown as ModelRecord, { info: () => undefined }),
      /are not those that training wrote/,
    );
  });
});
