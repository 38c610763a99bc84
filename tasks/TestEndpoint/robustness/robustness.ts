import { negativeCases, type NegativeKind } from './negativeCases';
import type { RequestCase } from '../requests/requestCases';
import { testRequest, testStatus } from '../requests/sendCase';
import { NoReply, type ScoringClient } from '../requests/scoringClient';
import { generatedRequests } from './swagger';
import { toHttpRequest, type Target } from '../requests/target';
import type { TestCase } from '../requests/testCase';

/**
 * Sends what a sound service refuses, each made out of a request that it answered well, and then that one again. Where
 * the service describes itself, requests are made from its description too.
 */
export async function testRobustness(
  client: ScoringClient,
  target: Target,
  good: RequestCase,
  kinds: readonly NegativeKind[],
  signal: AbortSignal,
): Promise<TestCase[]> {
  const sent = toHttpRequest(target, good);
  const results: TestCase[] = [];
  for (const { kind, request, why, mayClose } of negativeCases(kinds, sent, good.json, target.apiKey !== undefined)) {
    const name = { kind: 'negative', name: kind } as const;
    results.push(
      request
        ? await testStatus(client, name, request, { classes: [4], mayClose }, signal)
        : { ...name, outcome: 'skipped', message: why },
    );
  }
  const after = await testRequest(client, target, good, signal);
  results.push({ ...after, kind: 'negative', name: 'still answers afterwards' });
  results.push(...(await testDescription(client, sent, signal)));
  return results;
}

async function testDescription(
  client: ScoringClient,
  sent: ReturnType<typeof toHttpRequest>,
  signal: AbortSignal,
): Promise<TestCase[]> {
  const generated = await generatedRequests(client, sent, signal).catch((error: unknown) => {
    if (error instanceof NoReply) return undefined;
    throw error;
  });
  if (!generated) return [];
  const { valid, isExample, incomplete } = generated;
  const results = [
    isExample
      ? await testStatus(client, { kind: 'swagger', name: 'its own example' }, valid, { classes: [2] }, signal)
      : // Of the right types, but the values are ours: the service may well refuse them, it must not break on them.
        await testStatus(client, { kind: 'swagger', name: 'made by its types' }, valid, { classes: [2, 4] }, signal),
  ];
  for (const { property, request } of incomplete) {
    const name = { kind: 'swagger', name: `without ${property}` } as const;
    results.push(await testStatus(client, name, request, { classes: [4] }, signal));
  }
  return results;
}
