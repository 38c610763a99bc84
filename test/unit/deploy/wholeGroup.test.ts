import assert from 'node:assert/strict';
import type { PipelineRequest } from '@azure/core-rest-pipeline';
import { ContainerGroups } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { readableAnswer } from '../../../tasks/common/azure/http/policies/readableAnswer';
import { retry } from '../../../tasks/common/azure/http/policies/retry';
import type { AzureSession } from '../../../tasks/common/azure/http/session';

describe('A container group that is looked at', () => {
  /** Azure gives these bodies one after the other, as JSON with status 200. */
  const find = async (...bodies: string[]) => {
    const { createHttpHeaders } = await import('@azure/core-rest-pipeline');
    const asked: string[] = [];
    const headers = createHttpHeaders({ 'content-type': 'application/json' });
    const answer = async (request: PipelineRequest) => {
      asked.push(request.url);
      return { request, status: 200, headers, bodyAsText: bodies[asked.length - 1] ?? bodies.at(-1)! };
    };
    const policies = [retry({ clock: { now: () => 0, sleep: async () => {} } }), readableAnswer()];
    const send = policies.reduceRight<typeof answer>(
      (next, policy) => (request) => policy.sendRequest(request, next) as ReturnType<typeof answer>,
      answer,
    );
    const session = {
      connection: { subscriptionId: 's' },
      credential: async () => ({ getToken: async () => ({ token: 't', expiresOnTimestamp: Date.now() + 3_600_000 }) }),
      clientOptions: () => ({ httpClient: { sendRequest: send }, retryOptions: { maxRetries: 0 } }),
    } as unknown as AzureSession;
    const group = await new ContainerGroups(session, 'rg').find('estimator').catch((error: Error) => error);
    return { group, tries: asked.length };
  };
  const whole = JSON.stringify({ name: 'estimator', properties: { containers: [], osType: 'Linux' } });

  for (const odd of ['', '{}', '{"value": []}', '[]', '{"properties": {"containers": 5}}']) {
    it(`is asked for again where the answer is ${odd || 'empty'}`, async () => {
      const { group, tries } = await find(odd, whole);
      assert.deepEqual([(group as { name?: string }).name, tries], ['estimator', 2]);
    });
  }

  it('is one clear error where it is never whole', async () => {
    const { group, tries } = await find('');
    assert.match(
      (group as Error).message,
      /could not be understood \(the container group estimator\): the answer was empty/,
    );
    assert.ok(tries > 5);
  });
});
