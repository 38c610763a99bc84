import assert from 'node:assert/strict';
import { routeProblem } from '../../../tasks/DeployACI/nameRules';

describe('A route', () => {
  it('is a path of the image, which no URL takes for a host', () => {
    for (const route of ['/', '/score', '/api/v1.0/~a_b-c/']) assert.equal(routeProblem(route), undefined, route);
    for (const route of ['', 'score', '//other.example/score', '/a b', '/a\n', '/a?b', 'http://x/']) {
      assert.match(routeProblem(route) ?? '', /is not a route\. It starts with one \//, route);
    }
  });
});
