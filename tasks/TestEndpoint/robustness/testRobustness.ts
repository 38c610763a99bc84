import { waitUntilReady } from '../startup';
import type { RequestCase } from '../requests/requestCases';
import { testRequest } from '../requests/sendCase';
import { toHttpRequest } from '../requests/target';
import { TaskFailure } from '../../common/taskFailure';
import type { TestCase } from '../requests/testCase';
import type { TestRun } from '../testRun';
import { probeRobustness, robustnessCases, type RobustnessReport } from './robustnessReport';

/**
 * Tries the service with what nobody should send. By default what it does then is a report and decides nothing; but that it
 * answers a good request afterwards always does.
 * @param answered the requests that it answered well
 */
export async function testRobustness(
  run: TestRun,
  answered: readonly RequestCase[],
): Promise<RobustnessReport | undefined> {
  const { inputs, subject, client, ledger, context } = run;
  const { robustness, negativeTests } = inputs;
  const { log, signal } = context;
  const { target, record } = subject;
  const good = goodRequest(answered);
  if (robustness === 'off' || negativeTests.length === 0 || !good) return undefined;
  log.group('Robustness');
  const found = await probeRobustness(client, target, good, negativeTests, record?.image?.packaging, signal);
  const report = cleaned(found, (text) => ledger.clean(text));
  if (robustness === 'fail') ledger.note(...robustnessCases(report));
  else
    for (const { sent, isHeld, answered: said } of report.probes)
      log.info(`${isHeld === false ? '!' : '–'} ${sent}: ${said}`);
  ledger.note(await testAgain(run, good));
  log.endGroup();
  return report;
}

/** Sends the good request again. A service that a bad request brought down has the time of a start to come back. */
async function testAgain(
  { inputs, subject: { target }, client, context }: TestRun,
  good: RequestCase,
): Promise<TestCase> {
  const name = `${good.name}, again after the bad requests`;
  try {
    const start = await waitUntilReady(client, toHttpRequest(target, good), inputs.startupTimeoutMs, context);
    const test = { ...(await testRequest(client, target, good, context.signal)), name };
    if (Object.keys(start.retries).length === 0) return test;
    const away = `A bad request brought the service down: it was away for ${start.seconds.toFixed(1)} s.`;
    return { ...test, warning: [away, test.warning].filter(Boolean).join(' ') };
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    return { kind: 'request', name, outcome: 'failed', message: error.message };
  }
}

/** JSON rather than what is not, a small one rather than one of megabytes; one with a body in any case. */
function goodRequest(answered: readonly RequestCase[]): RequestCase | undefined {
  const cost = ({ json, body }: RequestCase) => (json === undefined ? 2 : 0) + (body.length > 1024 * 1024 ? 1 : 0);
  return answered.filter(({ body }) => body.length > 0).toSorted((a, b) => cost(a) - cost(b))[0];
}

function cleaned({ probes, findings }: RobustnessReport, clean: (text: string) => string): RobustnessReport {
  const of = <P extends RobustnessReport['probes'][number]>(probe: P): P => ({
    ...probe,
    sent: clean(probe.sent),
    answered: clean(probe.answered),
    details: probe.details && clean(probe.details),
  });
  return { probes: probes.map(of), findings: findings.map(of) };
}
