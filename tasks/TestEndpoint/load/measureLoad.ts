import { formatNumber } from '../../common/formatNumber';
import type { CaseLedger } from '../report/caseLedger';
import type { RequestCase } from '../requests/requestCases';
import { toHttpRequest } from '../requests/target';
import type { TestCase } from '../requests/testCase';
import type { TestRun } from '../testRun';
import { generateLoad, type LoadResult } from './loadGenerator';
import { loadSentence } from './loadReport';
import { keeps, type LoadFigures, type Threshold } from './thresholds';

/** A larger body (bytes) measures the network rather than the model, and goes into the load only where nothing smaller does, or the file says so. */
const largestOfLoad = 1024 * 1024;

/** The requests of the load: those that should succeed, but for what is kept out of it. */
export function requestsOfLoad(requests: readonly RequestCase[]): RequestCase[] {
  const wanted = requests.filter(({ expectStatus, load }) => String(expectStatus).startsWith('2') && load !== false);
  const light = wanted.filter(({ body, load }) => load === true || body.length <= largestOfLoad);
  return light.length > 0 ? light : wanted;
}

/**
 * Loads the endpoint with the requests that it should answer well, and says what that showed.
 * @returns undefined where no load is wanted, or no request goes into it
 */
export async function testLoad({ inputs, subject, client, ledger, context }: TestRun): Promise<LoadResult | undefined> {
  const { loadConnections: connections, loadRate: rate, loadDurationMs: durationMs } = inputs;
  const { log, signal } = context;
  const { target, requests } = subject;
  if (durationMs === 0) return undefined;
  const chosen = requestsOfLoad(requests);
  if (chosen.length === 0) return withoutRequests(inputs.thresholds, ledger);
  const seconds = durationMs / 1000;
  log.group(
    `Load: ${connections} connections, ${rate === undefined ? 'closed loop' : `${rate} requests a second`}, ${seconds} s`,
  );
  sayLeftOut(requests, chosen, (text) => log.info(text));
  const opened = await Promise.all(
    Array.from({ length: connections }, () => client.connection(target.scoringUri.origin)),
  );
  const result = await generateLoad(
    {
      requests: chosen.map((request) => toHttpRequest(target, request)),
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

/** Thresholds that somebody wrote cannot be kept by a load that does not take place. */
function withoutRequests(thresholds: readonly Threshold[], ledger: CaseLedger): undefined {
  const message =
    'Nothing was measured: no request that should succeed goes into the load ("load": false in the requests file).';
  for (const { text, isImplied } of thresholds)
    ledger.note({ kind: 'threshold', name: text, outcome: isImplied ? 'skipped' : 'failed', message });
}

function sayLeftOut(all: readonly RequestCase[], chosen: readonly RequestCase[], say: (text: string) => void): void {
  const large = all.filter(
    (each) => each.load === undefined && each.body.length > largestOfLoad && !chosen.includes(each),
  );
  for (const { name, body } of large)
    say(
      `Left out, as its body has ${formatNumber(body.length / largestOfLoad, 3)} MB ("load": true takes it in): ${name}`,
    );
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
