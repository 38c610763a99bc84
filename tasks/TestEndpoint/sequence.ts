import { ContainerGroups } from '../common/azure/containerGroups/containerGroups';
import type { AzureSession } from '../common/azure/http/session';
import type { TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import { CaseLedger } from './report/caseLedger';
import { shownUrl } from './requests/exchange';
import type { Inputs } from './inputs';
import type { LoadResult } from './load/loadGenerator';
import { testLoad, testThresholds } from './load/measureLoad';
import { isRecordedEndpoint } from './recordedEndpoint';
import type { RequestCase } from './requests/requestCases';
import { testRequest } from './requests/sendCase';
import { testRobustness } from './robustness/robustness';
import type { ScoringClient } from './requests/scoringClient';
import { servedModelCases } from './after/servedModel';
import { startupSentence, waitUntilReady, type Startup } from './startup';
import type { Subject } from './endpointToTest';
import { toHttpRequest } from './requests/target';
import type { TestCase } from './requests/testCase';

/** What the tests found. */
export interface Findings {
  readonly cases: readonly TestCase[];
  /** Undefined where the service never came up. */
  readonly startup?: Startup;
  readonly load?: LoadResult;
}

/** Runs the tests in their order: readiness, requests, the right model, robustness, load. */
export async function runTests(
  inputs: Inputs,
  subject: Subject,
  session: AzureSession | undefined,
  client: ScoringClient,
  context: TaskContext,
): Promise<Findings> {
  const { log, signal } = context;
  const { target, requests, secrets } = subject;
  const ledger = new CaseLedger(log, secrets);
  const { cases } = ledger;

  log.info(`Testing ${shownUrl(target.scoringUri)}`);
  const startup = await awaitStart(inputs, subject, client, context);
  if (startup instanceof TaskFailure) {
    // A service that never came up is a failed test, so that a roll-back follows it.
    ledger.note({ kind: 'request', name: 'ready', outcome: 'failed', message: startup.message });
    return { cases };
  }
  log.info(startupSentence(startup));

  log.group(`Requests (${requests.length})`);
  let good: RequestCase | undefined;
  for (const request of requests) {
    const result = await testRequest(client, target, request, signal);
    if (result.outcome === 'passed' && String(request.expectStatus).startsWith('2')) good ??= request;
    ledger.note(result);
  }
  log.endGroup();

  await testServedModel(subject, session, ledger, context);

  if (!good) {
    const message = 'No request was answered well';
    for (const kind of inputs.negativeTests)
      ledger.note({
        kind: 'negative',
        name: kind,
        outcome: 'skipped',
        message: `${message}, so there is nothing to make it from.`,
      });
    for (const { text } of inputs.thresholds)
      ledger.note({ kind: 'threshold', name: text, outcome: 'failed', message: `${message}.` });
    return { cases, startup };
  }
  if (inputs.negativeTests.length > 0) {
    log.group(`Robustness (${inputs.negativeTests.length})`);
    ledger.note(...(await testRobustness(client, target, good, inputs.negativeTests, signal)));
    log.endGroup();
  }
  if (inputs.loadDurationMs === 0) return { cases, startup };
  const load = await testLoad(inputs, target, requests, client, context);
  ledger.note(...testThresholds(inputs.thresholds, load.latencies.figures(load.seconds)));
  return { cases, startup, load };
}

async function awaitStart(
  { startupTimeoutMs }: Inputs,
  { target, requests }: Subject,
  client: ScoringClient,
  context: TaskContext,
): Promise<Startup | TaskFailure> {
  const first = toHttpRequest(target, requests[0]!);
  const { readinessPath } = target;
  const ready = readinessPath
    ? { ...first, url: new URL(readinessPath, target.scoringUri), method: 'GET', body: undefined }
    : first;
  try {
    return await waitUntilReady(client, ready, startupTimeoutMs, context);
  } catch (error) {
    if (error instanceof TaskFailure) return error;
    throw error;
  }
}

async function testServedModel(
  { target, record }: Subject,
  session: AzureSession | undefined,
  ledger: CaseLedger,
  { log, signal }: TaskContext,
): Promise<void> {
  const deployment = record?.deployment;
  if (!deployment) return;
  if (!session) {
    log.info('Whether the right model is served is not checked: the input azureSubscription is empty.');
    return;
  }
  if (!isRecordedEndpoint(record, target.scoringUri)) {
    log.info('Whether the right model is served is not checked: the record speaks of another scoring URI.');
    return;
  }
  log.group('The right model');
  const groups = new ContainerGroups(session, deployment.resourceGroup);
  ledger.note(...(await servedModelCases(groups, deployment, record.image, record.model, signal)));
  log.endGroup();
}
