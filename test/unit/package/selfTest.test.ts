import assert from 'node:assert/strict';
import { buildFailure } from '../../../tasks/PackageImage/build/buildFailure';
import { selfTestBrokeOff, selfTestOutcome } from '../../../tasks/PackageImage/build/selfTestOutcome';
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
  const image = { reference: 'r', tags: [] as string[], built: true } as unknown as Parameters<typeof imageSummary>[1];
  const row = (selfTest: Parameters<typeof imageSummary>[2]['selfTest']) =>
    /\| Self-test \| (.*) \|/.exec(imageSummary(model, image, { selfTest }))?.[1];

  it('says what was tested, and what was not', () => {
    assert.equal(row('off'), 'none: the input selfTest is off');
    assert.equal(row('earlier'), 'passed when the image was built');
    assert.equal(row({ kind: 'passed', text: 'init() ran.' }), 'passed: `init() ran.`');
    assert.equal(row({ kind: 'notTested', text: 'needs a GPU' }), 'not tested: `needs a GPU`');
  });
});
