import type { TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import { testServedModel } from './after/servedModel';
import { testEvidence } from './evidence/testEvidence';
import type { Inputs } from './inputs';
import type { LoadResult } from './load/loadGenerator';
import { testLoad, testThresholds } from './load/measureLoad';
import type { CaseLedger } from './report/caseLedger';
import { readContainerLogs, type ContainerLog } from './report/containerLogs';
import { shownUrl } from './requests/exchange';
import type { RequestCase } from './requests/requestCases';
import { testRequest } from './requests/sendCase';
import { toHttpRequest } from './requests/target';
import type { TestCase } from './requests/testCase';
import { testRobustness } from './robustness/testRobustness';
import type { RobustnessReport } from './robustness/robustnessReport';
import type { TestRun } from './testRun';
import { startupSentence, waitUntilReady, type Startup } from './startup';

/** What the tests found. */
export interface Findings {
  readonly cases: readonly TestCase[];
  /** Undefined where the service never came up. */
  startup?: Startup;
  load?: LoadResult;
  robustness?: RobustnessReport;
  /** Of the deployment's containers, where requests failed. */
  containerLogs?: readonly ContainerLog[];
}

/**
 * Runs the tests in their order: evidence, readiness, requests, the right model, load, robustness. What ends them before their time
 * is a failed test too, so that results are written and a roll-back follows as after any other.
 */
export async function runTests(run: TestRun): Promise<Findings> {
  const { ledger, context } = run;
  const findings: Findings = { cases: ledger.cases };
  try {
    await inOrder(run, findings);
  } catch (error) {
    if (context.signal.aborted) throw error;
    context.log.endGroup();
    ledger.note(interrupted(error as Error, context));
  }
  const requestFailed = ledger.cases.some(({ kind, outcome }) => kind === 'request' && outcome === 'failed');
  if (requestFailed) findings.containerLogs = await readContainerLogs(run);
  return findings;
}

function interrupted(error: Error, { log }: TaskContext): TestCase {
  const test = { kind: 'request', name: 'the tests came to their end', outcome: 'failed' } as const;
  if (error instanceof TaskFailure) return { ...test, message: error.message, isInconclusive: true };
  log.info(error.stack ?? String(error));
  const message = `Test-Endpoint failed unexpectedly: ${error.message} Please report this bug with the stack trace above.`;
  return { ...test, message };
}

async function inOrder(run: TestRun, findings: Findings): Promise<void> {
  const { inputs, subject, ledger, context } = run;
  const { log } = context;
  log.info(`Testing ${shownUrl(subject.target.scoringUri)}`);
  await testEvidence(run);
  const startup = await awaitStart(run);
  if (startup instanceof TaskFailure) {
    // A service that never came up is a failed test, so that a roll-back follows it.
    ledger.note({ kind: 'request', name: 'ready', outcome: 'failed', message: startup.message });
    return;
  }
  findings.startup = startup;
  log.info(startupSentence(startup));
  const answered = await testRequests(run);
  await testServedModel(run);
  if (answered.length === 0) return notMeasured(inputs, ledger);
  findings.load = await testLoad(run);
  if (findings.load) {
    const { latencies, seconds } = findings.load;
    ledger.note(...testThresholds(inputs.thresholds, latencies.figures(seconds)));
  }
  findings.robustness = await testRobustness(run, answered);
}

/** @returns the requests that were answered well, by a success */
async function testRequests({ subject, client, ledger, context }: TestRun): Promise<RequestCase[]> {
  const { log, signal } = context;
  const { target, requests } = subject;
  const answered: RequestCase[] = [];
  log.group(`Requests (${requests.length})`);
  for (const request of requests) {
    const result = await testRequest(client, target, request, signal);
    if (result.outcome === 'passed' && String(request.expectStatus).startsWith('2')) answered.push(request);
    ledger.note(result);
  }
  log.endGroup();
  return answered;
}

function notMeasured({ negativeTests, robustness, thresholds }: Inputs, ledger: CaseLedger): void {
  const message = 'No request was answered well';
  for (const { text } of thresholds)
    ledger.note({ kind: 'threshold', name: text, outcome: 'failed', message: `${message}.` });
  if (robustness !== 'fail') return;
  for (const name of negativeTests)
    ledger.note({
      kind: 'negative',
      name,
      outcome: 'skipped',
      message: `${message}, so there is nothing to make it from.`,
    });
}

async function awaitStart({ inputs, subject, client, context }: TestRun): Promise<Startup | TaskFailure> {
  const { target, requests } = subject;
  const first = toHttpRequest(target, requests[0]!);
  const { readinessPath } = target;
  const ready = readinessPath
    ? { ...first, url: new URL(readinessPath, target.scoringUri), method: 'GET', body: undefined }
    : first;
  try {
    return await waitUntilReady(client, ready, inputs.startupTimeoutMs, context);
  } catch (error) {
    if (error instanceof TaskFailure) return error;
    throw error;
  }
}
