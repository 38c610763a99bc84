import assert from 'node:assert/strict';
import type { InputReader } from '../../../tasks/common/task/inputReader';
import { readInputs } from '../../../tasks/TestEndpoint/inputs';
import { Secret } from '../../../tasks/common/secret';

/** Reads inputs of these texts, and what is wrong with them. */
function read(texts: Record<string, string>) {
  const problems: string[] = [];
  const text = (name: string) => texts[name];
  const reader: Partial<InputReader> = {
    problem: (name, problem) => void problems.push(`${name}: ${problem}`),
    text,
    required: (name) => text(name) ?? '',
    secret: (name) => (text(name) === undefined ? undefined : new Secret(text(name)!)),
    file: text,
    flag: (name) => text(name) === 'true',
    lines: (name) =>
      (text(name) ?? '').split('\n').flatMap((line, index) => (line ? [{ line: index + 1, text: line }] : [])),
    number: (name: string) => (text(name) === undefined ? undefined : Number(text(name))),
    choice: ((name: string, allowed: readonly string[]) => text(name) ?? allowed[0]) as InputReader['choice'],
    serviceConnection: () => undefined,
    dockerRegistryConnection: () => undefined,
    subscriptionId: text,
  };
  return { inputs: readInputs(reader as InputReader), problems };
}

describe('inputs of Test-Endpoint', () => {
  const tolerances: Array<[string, { absolute: number; relative: number }]> = [
    ['1e-6', { absolute: 1e-6, relative: 1e-6 }],
    ['0', { absolute: 0, relative: 0 }],
    ['absolute=1e-6, relative=1e-3', { absolute: 1e-6, relative: 1e-3 }],
    ['relative = 0.01', { absolute: 0, relative: 0.01 }],
  ];
  for (const [tolerance, expected] of tolerances)
    it(`take the tolerance ${tolerance}`, () => {
      const { inputs, problems } = read({ tolerance });
      assert.deepEqual([inputs.tolerance, problems], [expected, []]);
    });
  for (const tolerance of ['-1', 'some', 'absolute=', 'absolute=1, abs=2', '1e-6, 1e-3', 'NaN', 'relative=-1'])
    it(`refuse the tolerance ${tolerance}`, () => {
      const { problems } = read({ tolerance });
      assert.match(problems.join(), /^tolerance: .* is neither a number of at least 0 nor of the form/);
    });

  it('name all bad requests, none, or some in any case', () => {
    assert.equal(read({ negativeTests: 'all' }).inputs.negativeTests.length, 9);
    for (const none of ['None', undefined!]) assert.deepEqual(read({ negativeTests: none }).inputs.negativeTests, []);
    const some = read({ negativeTests: 'EMPTYBODY,  wrongKey\nmissingkey' });
    assert.deepEqual([some.inputs.negativeTests, some.problems], [['emptyBody', 'wrongKey', 'missingKey'], []]);
    assert.match(
      read({ negativeTests: 'emptyBody, rude' }).problems.join(),
      /"rude" is not one of all, none, malformedJson/,
    );
  });

  it('report what bad requests find unless told otherwise', () => {
    assert.equal(read({}).inputs.robustness, 'report');
    assert.equal(read({ robustness: 'fail' }).inputs.robustness, 'fail');
  });

  it('want an address that HTTP can call, and a key that it can carry', () => {
    assert.equal(read({ scoringUri: 'https://name.region.inference.ml.azure.com/score' }).problems.length, 0);
    for (const scoringUri of ['name.region.io/score', 'ftp://name/score', 'http://'])
      assert.match(read({ scoringUri }).problems.join(), /scoringUri: .* is not an http or https address/);
    const key = read({ apiKey: 'a\r\nx-other: b' }).problems.join();
    assert.match(key, /^apiKey: it contains a character that an HTTP header cannot contain/);
    assert.ok(!key.includes('x-other'));
  });

  it('want a load test for thresholds, with two requests due in it', () => {
    const without = { thresholds: 'p95 < 1s', loadDurationInSeconds: '0' };
    assert.match(read(without).problems.join(), /loadDurationInSeconds: thresholds need a load test/);
    assert.match(
      read({ loadRate: '0.1', loadDurationInSeconds: '5' }).problems.join(),
      /loadRate: within 5 s fewer than two/,
    );
    assert.deepEqual(read({ loadRate: '0.2', loadDurationInSeconds: '10' }).problems, []);
  });

  it('limit the errors of a load test, and of no other', () => {
    const texts = (inputs: Record<string, string>) => read(inputs).inputs.thresholds.map(({ text }) => text);
    assert.deepEqual(texts({ loadDurationInSeconds: '5' }), ['errors < 1%']);
    assert.deepEqual(texts({ loadDurationInSeconds: '0' }), []);
  });

  it('want Azure for what changes Azure', () => {
    const evidence = { requireSignature: 'true', signWith: 'keyVault' };
    const key = 'https://v.vault.azure.net/keys/k';
    const { problems } = read({ rollbackOnFailure: 'true', promoteToChampion: 'true', ...evidence, trustedKeys: key, keyVaultKey: key }); // prettier-ignore
    assert.deepEqual(
      problems.map((each) => each.split(':')[0]),
      ['rollbackOnFailure', 'promoteToChampion', 'requireSignature', 'signWith'],
    );
  });
});
