import type { ModelRecord } from '../../common/record/record';
import type { RequestCase } from '../requests/requestCases';
import { NoReply, type HttpRequest, type ScoringClient } from '../requests/scoringClient';
import { toHttpRequest, type Target } from '../requests/target';
import type { TestCase } from '../requests/testCase';
import { badRequests, type NegativeKind } from './badRequests';
import { describedRequests } from './description';
import { probeBadRequest, probeDescribed, type Probe } from './probe';
import { remedyOf, serverOf, type Remedy } from './remedies';

/** What the service did with requests that nobody should send, or that its own description allows. */
export interface RobustnessReport {
  readonly probes: readonly Probe[];
  /** What could be better, with what mends it. */
  readonly findings: ReadonlyArray<Probe & { readonly remedy: Remedy }>;
}

/**
 * Sends what a careful service refuses, each made out of a request that it answered well. Where the service describes
 * itself, requests are made from its description too.
 */
export async function probeRobustness(
  client: ScoringClient,
  target: Target,
  good: RequestCase,
  kinds: readonly NegativeKind[],
  packaging: NonNullable<ModelRecord['image']>['packaging'],
  signal: AbortSignal,
): Promise<RobustnessReport> {
  const sent = toHttpRequest(target, good);
  const probes: Probe[] = [];
  for (const bad of badRequests(kinds, sent, good.json, target.apiKey !== undefined))
    probes.push(await probeBadRequest(client, bad, good, signal));
  for (const described of await requestsOfDescription(client, sent, good.json, signal))
    probes.push(await probeDescribed(client, described, signal));
  const server = serverOf(
    packaging,
    probes.flatMap(({ headers }) => (headers ? [headers] : [])),
  );
  const findings = probes.filter(({ isHeld }) => isHeld === false);
  return { probes, findings: findings.map((each) => ({ ...each, remedy: remedyOf(each, server) })) };
}

async function requestsOfDescription(
  client: ScoringClient,
  sent: HttpRequest,
  json: unknown,
  signal: AbortSignal,
): ReturnType<typeof describedRequests> {
  try {
    return await describedRequests(client, sent, json, signal);
  } catch (error) {
    if (error instanceof NoReply) return [];
    throw error;
  }
}

/** The report as tests, for who wants a gate of it. */
export function robustnessCases({ probes, findings }: RobustnessReport): TestCase[] {
  return probes.map((probe): TestCase => {
    const { sent: name, isHeld, answered, wanted, milliseconds, details } = probe;
    const kind = probe.kind.startsWith('described') ? 'swagger' : 'negative';
    if (isHeld === undefined) return { kind, name, outcome: 'skipped', message: answered };
    if (isHeld) return { kind, name, outcome: 'passed', milliseconds, message: answered };
    const { advice, code } = findings.find(({ sent }) => sent === name)!.remedy;
    const message = `${sentence(answered)} Expected: ${wanted}. ${advice}`;
    return { kind, name, outcome: 'failed', milliseconds, message, details: code ? `${details}\n\n${code}` : details };
  });
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}
