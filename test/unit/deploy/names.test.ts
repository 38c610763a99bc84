import assert from 'node:assert/strict';
import {
  besides,
  containerGroupProblem,
  dnsNameLabelProblem,
  environmentVariableProblem,
  routeProblem,
  tagProblem,
  toContainerGroupName,
} from '../../../tasks/DeployACI/nameRules';

describe('A route', () => {
  it('is a path of the image, which no URL takes for a host', () => {
    for (const route of ['/', '/score', '/api/v1.0/~a_b-c/']) assert.equal(routeProblem(route), undefined, route);
    for (const route of ['', 'score', '//other.example/score', '/a b', '/a\n', '/a?b', 'http://x/']) {
      assert.match(routeProblem(route) ?? '', /is not a route\. It starts with one \//, route);
    }
  });
});

describe('A name', () => {
  const rules: Array<[of: string, rule: (name: string) => string | undefined, good: string[], bad: string[]]> = [
    [
      'a container group',
      containerGroupProblem,
      ['a', '7', 'a-b', 'a'.repeat(63)],
      ['', '-a', 'a-', 'A', 'a_b', 'a'.repeat(64)],
    ],
    [
      'the DNS',
      dnsNameLabelProblem,
      ['abcde', 'a-b-c', 'a'.repeat(63)],
      ['abcd', '1abcd', '-abcd', 'abcd-', 'Abcde', 'a'.repeat(64), 'ab_cd'],
    ],
    ['an environment variable', environmentVariableProblem, ['A', '_a', 'a1'], ['', '1a', 'a-b', 'a b', 'ä']],
    [
      'a tag',
      (name) => tagProblem(name, ''),
      ['a', 'a b', 'x'.repeat(512)],
      ['<', 'a>', 'a%', 'a&', 'a\\', 'a?', 'a/b', 'x'.repeat(513)],
    ],
  ];
  for (const [of, rule, good, bad] of rules) {
    it(`of ${of} is judged as Azure judges it`, () => {
      for (const name of good) assert.equal(rule(name), undefined, name);
      for (const name of bad) assert.ok(rule(name)?.startsWith(`"${name}" is not a `), name);
    });
  }

  it('of a tag goes with a value of 256 characters at most', () => {
    assert.equal(tagProblem('a', 'x'.repeat(256)), undefined);
    assert.equal(tagProblem('a', 'x'.repeat(257)), 'the value of "a" has more than 256 characters.');
  });

  it('of a group is made of a text that holds anything', () => {
    for (const [text, name] of [
      ['cost_estimator', 'cost-estimator'],
      ['Registry.azurecr.io', 'registry-azurecr-io'],
      ['--a__b--', 'a-b'],
      ['ä', 'model'],
      ['', 'model'],
      ['x'.repeat(70), 'x'.repeat(63)],
      [`${'x'.repeat(62)}-y`, 'x'.repeat(62)],
    ] as const) {
      assert.equal(toContainerGroupName(text), name);
      assert.equal(containerGroupProblem(toContainerGroupName(text)), undefined);
    }
  });

  it('of what stands beside it is a name too, however long the real one is', () => {
    assert.equal(besides('estimator'), 'estimator-next');
    assert.equal(besides('x'.repeat(63)), `${'x'.repeat(58)}-next`);
    assert.equal(besides('a--b'), 'a--b-next');
    assert.equal(besides(`${'x'.repeat(56)}--yyyyy`), `${'x'.repeat(56)}-next`);
  });
});
