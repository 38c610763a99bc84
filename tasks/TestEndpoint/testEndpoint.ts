import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ContainerGroups } from '../common/azure/containerGroups/containerGroups';
import { healthRequest } from '../common/azure/containerGroups/healthRequest';
import type { AzureSession } from '../common/azure/session';
import { Models } from '../common/azure/models';
import { Workspace } from '../common/azure/workspace';
import { previousDeploymentVariable } from '../common/deployment/previousDeployment';
import { rollback } from '../common/deployment/rollback';
import { formatNumber } from '../common/formatNumber';
import { junitXml } from '../common/junit';
import { append } from '../common/record/chain';
import { writeTestResults } from '../common/record/compatibilityFiles';
import { requireHomeWorkspace } from '../common/record/homeWorkspace';
import type { ModelRecord, TestsSection } from '../common/record/record';
import { findRecordFile, readRecord, requireSection, writeRecord } from '../common/record/recordFile';
import type { StageResult, TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import type { Inputs } from './inputs';
import { judge } from './judge';
import { generateLoad, type LoadResult } from './load/loadGenerator';
import { latencyHistogram, loadSentence, milliseconds, percentileChart } from './loadReport';
import { negativeCases } from './negativeCases';
import { promote } from './promotion';
import { isRecordedEndpoint, requireRecordedEndpoint } from './recordedEndpoint';
import { exchange, junitSuites, startupSentence, summary } from './report';
import { readRequestCases, type RequestCase } from './requestCases';
import { createScoringClient, NoReply, type HttpRequest, type Reply, type ScoringClient } from './scoringClient';
import { servedModelCases } from './servedModel';
import { waitUntilReady, type Startup } from './startup';
import { generatedRequests } from './swagger';
import { toHttpRequest, type Target } from './target';
import type { TestCase } from './testCase';
import { keeps, type LoadFigures } from './thresholds';

/** What is tested, and the record that speaks of it, if there is one. */
interface Subject {
  readonly target: Target;
  readonly requests: readonly RequestCase[];
  readonly recordFile?: string;
  readonly record?: ModelRecord;
}

/** Calls the endpoint, judges its answers, and says so everywhere; then promotes the model or brings the former one back. */
export async function testEndpoint(inputs: Inputs, context: TaskContext): Promise<StageResult> {
  const subject = await findSubject(inputs, context);
  const session = inputs.connection && context.azure(inputs.connection);
  const client = createScoringClient(context.network, inputs.requestTimeoutMs);
  let findings: Findings;
  try {
    findings = await runTests(inputs, subject, session, client, context);
  } finally {
    await client.close();
  }
  return conclude(inputs, subject, session, findings, context);
}

interface Findings {
  readonly cases: readonly TestCase[];
  readonly startup?: Startup;
  readonly load?: LoadResult;
}

async function findSubject(inputs: Inputs, { pipeline, recordVariable }: TaskContext): Promise<Subject> {
  const recordFile = findRecordFile({
    input: inputs.recordFile,
    variable: recordVariable,
    artifacts: inputs.scoringUri ? [] : pipeline.directories.artifacts,
  });
  const record = recordFile ? await readRecord(recordFile) : undefined;
  if (!inputs.scoringUri && !record) {
    throw new TaskFailure(
      'There is nothing to test: the input scoringUri is empty and no model record was found.',
      'Give a scoringUri, or run Deploy-ACI before this task.',
    );
  }
  const scoringUri = inputs.scoringUri ?? new URL(requireSection(record!, 'deployment', recordFile!).scoringUri);
  // A record that speaks of another endpoint says nothing about this one.
  const isRecords = isRecordedEndpoint(record, scoringUri);
  const golden = record?.training?.goldenRequests;
  const requestsFile = inputs.requestsFile ?? (golden && path.join(path.dirname(recordFile!), golden.file));
  if (!requestsFile) {
    throw new TaskFailure(
      'There are no requests to send: the input requestsFile is empty and the record holds no golden requests.',
      'Name a requests file, or let training write outputs/golden_requests.json.',
    );
  }
  if (!fs.existsSync(requestsFile)) {
    throw new TaskFailure(
      `The requests file ${requestsFile} does not exist.`,
      'It lies beside the record in the artifact: publish both.',
    );
  }
  if (golden && !inputs.requestsFile && sha256(requestsFile) !== golden.sha256) {
    throw new TaskFailure(
      `The golden requests ${requestsFile} are not those that training wrote: their SHA-256 is not the one in the record.`,
      'Use the artifact as the tasks wrote it, or name requests of your own in requestsFile.',
    );
  }
  return {
    target: {
      scoringUri,
      apiKey: inputs.apiKey,
      readinessPath: isRecords ? record?.image?.readinessPath : undefined,
    },
    requests: readRequestCases(requestsFile),
    recordFile,
    record,
  };
}

function sha256(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

async function runTests(
  inputs: Inputs,
  { target, requests, record }: Subject,
  session: AzureSession | undefined,
  client: ScoringClient,
  context: TaskContext,
): Promise<Findings> {
  const { log, signal } = context;
  const cases: TestCase[] = [];
  const note = (...found: TestCase[]) => {
    for (const each of found) {
      cases.push(each);
      const mark = { passed: '✔', failed: '✘', skipped: '–' }[each.outcome];
      const time = each.milliseconds === undefined ? '' : ` (${milliseconds(each.milliseconds)})`;
      log.info(`${mark} ${each.name}${time}${each.message ? `: ${each.message}` : ''}`);
      if (each.details) log.info(each.details.replace(/^/gm, '    '));
    }
  };

  log.info(`Testing ${target.scoringUri.toString()}`);
  const first = toHttpRequest(target, requests[0]!);
  const ready = target.readinessPath
    ? { ...first, url: new URL(target.readinessPath, target.scoringUri), method: 'GET', body: undefined }
    : first;
  let startup: Startup;
  try {
    startup = await waitUntilReady(client, ready, inputs.startupTimeoutMs, context);
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    // A service that never came up is a failed test, so that a roll-back follows it.
    note({ kind: 'request', name: 'ready', outcome: 'failed', message: error.message });
    return { cases };
  }
  log.info(startupSentence(startup));

  log.group(`Requests (${requests.length})`);
  let good: RequestCase | undefined;
  for (const request of requests) {
    const result = await runRequest(client, target, request, inputs, signal);
    if (result.outcome === 'passed' && String(request.expectStatus).startsWith('2')) good ??= request;
    note(result);
  }
  log.endGroup();

  const deployment = record?.deployment;
  if (session && deployment && isRecordedEndpoint(record, target.scoringUri)) {
    log.group('The right model');
    note(
      ...(await servedModelCases(
        new ContainerGroups(session, deployment.resourceGroup),
        deployment,
        record.image,
        record.model,
        signal,
      )),
    );
    log.endGroup();
  } else if (deployment) {
    log.info(
      session
        ? 'Whether the right model is served is not checked: the record speaks of another scoring URI.'
        : 'Whether the right model is served is not checked: the input azureSubscription is empty.',
    );
  }

  if (!good) {
    const message = 'No request was answered well, so there is nothing to make it from.';
    for (const kind of inputs.negativeTests) note({ kind: 'negative', name: kind, outcome: 'skipped', message });
    for (const { text } of inputs.thresholds)
      note({ kind: 'threshold', name: text, outcome: 'failed', message: 'No request was answered well.' });
    return { cases, startup };
  }
  if (inputs.negativeTests.length > 0) {
    log.group(`Robustness (${inputs.negativeTests.length})`);
    note(...(await runNegative(client, target, good, inputs, signal)));
    log.endGroup();
  }
  if (inputs.loadDurationMs === 0) return { cases, startup };
  const load = await runLoad(inputs, target, requests, client, context);
  const figures = load.latencies.figures(load.seconds);
  for (const threshold of inputs.thresholds) {
    const value = threshold.measure(figures);
    const kept = keeps(threshold, value);
    const measured = `${formatNumber(value, 4)} ${threshold.unit}`;
    note({
      kind: 'threshold',
      name: threshold.text,
      outcome: kept ? 'passed' : 'failed',
      message: kept ? measured : `measured ${measured}`,
    });
  }
  return { cases, startup, load };
}

async function runRequest(
  client: ScoringClient,
  target: Target,
  request: RequestCase,
  { tolerance }: Inputs,
  signal: AbortSignal,
): Promise<TestCase> {
  const sent = toHttpRequest(target, request);
  const base = { kind: 'request', name: request.name } as const;
  let reply: Reply;
  try {
    reply = await client.send(sent, signal);
  } catch (error) {
    if (!(error instanceof NoReply)) throw error;
    return { ...base, outcome: 'failed', message: error.message, details: exchange(sent, undefined) };
  }
  const problems = await judge(request, reply, tolerance);
  if (problems.length === 0) return { ...base, outcome: 'passed', milliseconds: reply.milliseconds };
  return {
    ...base,
    outcome: 'failed',
    milliseconds: reply.milliseconds,
    message: problems.join(' '),
    details: exchange(sent, reply),
  };
}

async function runNegative(
  client: ScoringClient,
  target: Target,
  good: RequestCase,
  inputs: Inputs,
  signal: AbortSignal,
): Promise<TestCase[]> {
  const sent = toHttpRequest(target, good);
  const results: TestCase[] = [];
  for (const { kind, request, why, mayClose } of negativeCases(
    inputs.negativeTests,
    sent,
    good.json,
    target.apiKey !== undefined,
  )) {
    results.push(
      request
        ? await expectRefusal(client, { kind: 'negative', name: kind }, request, mayClose ?? false, signal)
        : { kind: 'negative', name: kind, outcome: 'skipped', message: why },
    );
  }
  const after = await runRequest(client, target, good, inputs, signal);
  results.push({ ...after, kind: 'negative', name: 'still answers afterwards' });

  const generated = await generatedRequests(client, sent, signal).catch((error: unknown) => {
    if (error instanceof NoReply) return undefined;
    throw error;
  });
  if (!generated) return results;
  results.push(
    await expectStatus(client, { kind: 'swagger', name: 'its own example' }, generated.valid, [2], false, signal),
  );
  for (const { property, request } of generated.incomplete) {
    results.push(await expectRefusal(client, { kind: 'swagger', name: `without ${property}` }, request, false, signal));
  }
  return results;
}

type CaseName = Pick<TestCase, 'kind' | 'name'>;

function expectRefusal(
  client: ScoringClient,
  name: CaseName,
  request: HttpRequest,
  mayClose: boolean,
  signal: AbortSignal,
) {
  return expectStatus(client, name, request, [4], mayClose, signal);
}

async function expectStatus(
  client: ScoringClient,
  name: CaseName,
  request: HttpRequest,
  classes: readonly number[],
  mayClose: boolean,
  signal: AbortSignal,
): Promise<TestCase> {
  try {
    const reply = await client.send(request, signal);
    if (classes.includes(Math.floor(reply.status / 100))) {
      return { ...name, outcome: 'passed', milliseconds: reply.milliseconds, message: `answered ${reply.status}` };
    }
    return {
      ...name,
      outcome: 'failed',
      milliseconds: reply.milliseconds,
      message: `The status is ${reply.status}, expected ${classes.map((each) => `${each}xx`).join(' or ')}.`,
      details: exchange(request, reply),
    };
  } catch (error) {
    if (!(error instanceof NoReply)) throw error;
    if (mayClose && /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(error.code)) {
      return { ...name, outcome: 'passed', message: 'the connection was closed before all was read' };
    }
    return { ...name, outcome: 'failed', message: error.message, details: exchange(request, undefined) };
  }
}

async function runLoad(
  inputs: Inputs,
  target: Target,
  requests: readonly RequestCase[],
  client: ScoringClient,
  { log, signal }: TaskContext,
): Promise<LoadResult> {
  const { loadConnections: connections, loadRate: rate, loadDurationMs: durationMs } = inputs;
  const seconds = durationMs / 1000;
  log.group(
    `Load: ${connections} connections, ${rate === undefined ? 'closed loop' : `${rate} requests a second`}, ${seconds} s`,
  );
  const sent = requests
    .filter(({ expectStatus }) => String(expectStatus).startsWith('2'))
    .map((request) => toHttpRequest(target, request))
    .filter(({ url }) => url.origin === target.scoringUri.origin);
  const opened = await Promise.all(
    Array.from({ length: connections }, () => client.connection(target.scoringUri.origin)),
  );
  const result = await generateLoad(
    { requests: sent, connections, rate, durationMs, warmUpMs: Math.min(2_000, durationMs / 5) },
    () => opened.pop()!,
    signal,
    (passed, answered) => {
      log.info(`${passed} s: ${answered} requests`);
      log.progress((passed / seconds) * 100, 'Load test');
    },
  );
  log.endGroup();
  log.info(loadSentence(result.latencies.figures(result.seconds)));
  const { errorKinds } = result.latencies;
  if (Object.keys(errorKinds).length > 0) {
    log.info(
      `Errors: ${Object.entries(errorKinds)
        .map(([kind, count]) => `${count} × ${kind}`)
        .join(', ')}`,
    );
  }
  if (result.utilization > 0.9) {
    log.warning(
      `The load generator was busy ${Math.round(result.utilization * 100)} % of the time: it may have been the limit, not the service.`,
    );
  }
  return result;
}

async function conclude(
  inputs: Inputs,
  { target, recordFile, record }: Subject,
  session: AzureSession | undefined,
  { cases, startup, load }: Findings,
  context: TaskContext,
): Promise<StageResult> {
  const { log, pipeline, publish, clock } = context;
  const failed = cases.filter(({ outcome }) => outcome === 'failed');
  const passed = failed.length === 0;
  const figures = load?.latencies.figures(load.seconds);
  const section: TestsSection = {
    passed,
    total: cases.length,
    failed: failed.length,
    skipped: cases.filter(({ outcome }) => outcome === 'skipped').length,
    cases: cases.map(({ name, kind, outcome, message }) => ({ name, kind, passed: outcome !== 'failed', message })),
    latency: figures && latencySection(figures),
    testedAt: new Date(clock.now()).toISOString(),
  };
  const directory = recordFile ? path.dirname(recordFile) : path.join(pipeline.directories.staging, 'mlops');
  const resultsFile = writeTestResults(directory, { scoring_uri: target.scoringUri.toString(), ...section });
  if (recordFile && record && isRecordedEndpoint(record, target.scoringUri))
    writeRecord(recordFile, append(record, 'tests', section));

  const temporary = fs.mkdtempSync(path.join(pipeline.directories.temp, 'test-endpoint-'));
  const junit = path.join(temporary, 'TEST-endpoint.xml');
  fs.writeFileSync(junit, junitXml(junitSuites(cases)));
  if (inputs.publishTestResults) publish.testResults(junit, 'Test-Endpoint');
  if (load && load.latencies.requests > 0) {
    const pictures = { 'latency.svg': latencyHistogram(load), 'latency-percentiles.svg': percentileChart(load) };
    for (const [name, svg] of Object.entries(pictures)) fs.writeFileSync(path.join(temporary, name), svg);
    publish.artifact('mlops-charts', ...Object.keys(pictures).map((name) => path.join(temporary, name)));
  }

  const notes: string[] = [];
  const problems = failed.map(({ name, message }) => `${name} (${message})`);
  try {
    if (passed && inputs.promoteToChampion) {
      requireRecordedEndpoint(record, target.scoringUri, 'promoteToChampion');
      notes.push(await promoteModel(inputs, session!, record, clock));
    }
    if (!passed && inputs.rollbackOnFailure) {
      requireRecordedEndpoint(record, target.scoringUri, 'rollbackOnFailure');
      notes.push(await rollBack(session!, record, context));
    }
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    // What the tests found is still worth showing.
    notes.push(error.message);
    problems.push(error.message);
  }
  for (const each of notes) log.info(each);
  publish.summary('Endpoint tests', summary(target.scoringUri, cases, startup, figures, notes));
  log.info(`Results: ${resultsFile}`);
  return {
    outputs: { testsPassed: String(passed), latencyP95: figures && String(figures.percentile(95)) },
    recordFile,
    outcome: problems.length === 0 ? 'succeeded' : 'failed',
    reason: passed ? problems[0] : `${failed.length} of ${cases.length} tests failed: ${problems.join('; ')}`,
  };
}

async function promoteModel(
  { resourceGroup, workspace }: Inputs,
  session: AzureSession,
  record: ModelRecord | undefined,
  clock: TaskContext['clock'],
): Promise<string> {
  const model = record?.model;
  if (!model) {
    throw new TaskFailure(
      'promoteToChampion needs a model record that names a model.',
      'Run Train and the later tasks before this one.',
    );
  }
  if (record.evaluation?.decision === 'rejected') {
    throw new TaskFailure(
      `${model.name}:${model.version} is not promoted, because Evaluate rejected it: ${record.evaluation.reason}`,
      'Every later model would be compared with it. Promote an approved one, or switch promoteToChampion off.',
    );
  }
  const named = {
    subscriptionId: session.connection.subscriptionId,
    resourceGroup: resourceGroup ?? model.workspace.resourceGroup,
    name: workspace ?? model.workspace.name,
  };
  requireHomeWorkspace(model, named, 'Promote');
  const registry = new Models(new Workspace(session, named.resourceGroup, named.name));
  const { champion, dethroned, isChampion } = await promote(registry, model.name, model.version, clock);
  if (!isChampion) {
    return `Another release promoted ${champion.name}:${champion.version} in the meantime; it stays champion.`;
  }
  const before = dethroned.length > 0 ? ` in place of version ${dethroned.join(', ')}` : '';
  return `${model.name}:${model.version} is champion now${before}.`;
}

async function rollBack(
  session: AzureSession,
  record: ModelRecord | undefined,
  { log, clock, signal, jobSecrets }: TaskContext,
): Promise<string> {
  const deployment = record?.deployment;
  if (!deployment)
    throw new TaskFailure(
      'rollbackOnFailure needs a model record that names a deployment.',
      'Run Deploy-ACI before this task.',
    );
  log.group('Roll back');
  try {
    const { outcome, image } = await rollback({
      groups: new ContainerGroups(session, deployment.resourceGroup),
      deployment,
      handedOver: jobSecrets.get(previousDeploymentVariable),
      ports: { log, clock, signal, health: healthRequest(session) },
    });
    return outcome === 'restored'
      ? `Rolled back: ${image} serves again.`
      : `Rolled back: nothing ran before, so the container group ${deployment.containerGroup} was removed.`;
  } finally {
    log.endGroup();
  }
}

function latencySection(figures: LoadFigures): NonNullable<TestsSection['latency']> {
  const [p50, p90, p95, p99] = [50, 90, 95, 99].map((percent) => figures.percentile(percent)) as [
    number,
    number,
    number,
    number,
  ];
  const { max, requests, errors, perSecond } = figures;
  return { p50, p90, p95, p99, max, requests, errors, perSecond };
}
