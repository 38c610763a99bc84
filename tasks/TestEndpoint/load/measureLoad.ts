import { formatNumber } from '../../common/formatNumber';
import type { TaskContext } from '../../common/task/taskContext';
import type { Inputs } from '../inputs';
import { generateLoad, type LoadResult } from './loadGenerator';
import { loadSentence } from './loadReport';
import type { RequestCase } from '../requests/requestCases';
import type { ScoringClient } from '../requests/scoringClient';
import { toHttpRequest, type Target } from '../requests/target';
import type { TestCase } from '../requests/testCase';
import { keeps, type LoadFigures, type Threshold } from './thresholds';

/** Loads the endpoint with the requests that it should answer well, and says what that showed. */
export async function testLoad(
  inputs: Pick<Inputs, 'loadConnections' | 'loadRate' | 'loadDurationMs' | 'requestTimeoutMs'>,
  target: Target,
  requests: readonly RequestCase[],
  client: ScoringClient,
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
): Promise<LoadResult> {
  const { loadConnections: connections, loadRate: rate, loadDurationMs: durationMs } = inputs;
  const seconds = durationMs / 1000;
  log.group(
    `Load: ${connections} connections, ${rate === undefined ? 'closed loop' : `${rate} requests a second`}, ${seconds} s`,
  );
  const opened = await Promise.all(
    Array.from({ length: connections }, () => client.connection(target.scoringUri.origin)),
  );
  const result = await generateLoad(
    {
      requests: requests
        .filter(({ expectStatus }) => String(expectStatus).startsWith('2'))
        .map((request) => toHttpRequest(target, request)),
      connections,
      rate,
      durationMs,
      warmUpMs: Math.min(2_000, durationMs / 5),
      drainMs: inputs.requestTimeoutMs,
    },
    () => opened.pop()!,
    signal,
    (passed, answered) => {
      log.info(`${passed} s: ${answered} requests`);
      log.progress((passed / seconds) * 100, 'Load test');
    },
  );
  log.endGroup();
  log.info(loadSentence(result.latencies.figures(result.seconds)));
  const kinds = Object.entries(result.latencies.errorKinds).map(([kind, count]) => `${count} × ${kind}`);
  if (kinds.length > 0) log.info(`Errors: ${kinds.join(', ')}`);
  if (result.utilization > 0.9) {
    log.warning(
      `The load generator was busy ${Math.round(result.utilization * 100)} % of the time: it may have been the limit, not the service.`,
    );
  }
  return result;
}

/** Holds what was measured against the thresholds. */
export function testThresholds(thresholds: readonly Threshold[], figures: LoadFigures): TestCase[] {
  return thresholds.map((threshold) => {
    const value = threshold.measure(figures);
    const kept = keeps(threshold, value);
    const measured = `${formatNumber(value, 4)} ${threshold.unit}`;
    return {
      kind: 'threshold',
      name: threshold.text,
      outcome: kept ? 'passed' : 'failed',
      message: kept ? measured : `measured ${measured}`,
    };
  });
}
