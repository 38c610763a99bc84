import { approvalsText } from '../common/record/approvalsText';
import { stageApprovals } from '../common/hosts/stageApprovals';
import type { StageResult, TaskContext } from '../common/task/taskContext';
import { followUp } from './after/followUp';
import { findSubject } from './endpointToTest';
import type { Inputs } from './inputs';
import { prepareSigning } from './evidence/signRelease';
import { CaseLedger } from './report/caseLedger';
import { lineOfCause } from './report/containerLogs';
import { showResults, testsSection, writeResults } from './report/results';
import { warningOf } from './report/warning';
import { countSentence } from './requests/testCase';
import { runTests, type Findings } from './sequence';
import { openServices, type Services } from './services';

/** Calls the endpoint, judges its answers, and says so everywhere; then promotes the model or brings the former one back. */
export async function testEndpoint(inputs: Inputs, context: TaskContext): Promise<StageResult> {
  return testEndpointWith(openServices(inputs, context), inputs, context);
}

/** As `testEndpoint`, with its services given. */
export async function testEndpointWith(services: Services, inputs: Inputs, context: TaskContext): Promise<StageResult> {
  const { log } = context;
  const { azure } = services;
  const subject = await findSubject(inputs, azure, context);
  const { target, secrets } = subject;
  secrets.values.forEach(context.secret);
  const signRelease = await prepareSigning(inputs, subject, azure, context);
  const client = services.scoringClient(target);
  const ledger = new CaseLedger(log, secrets);
  let findings: Findings;
  try {
    findings = await runTests({ inputs, subject, azure, client, ledger, context });
  } finally {
    await client.close();
  }
  const figures = findings.load?.latencies.figures(findings.load.seconds);
  const approvals = subject.record && (await stageApprovals(context));
  const section = { ...testsSection(subject, findings, figures, context), approvals };
  log.info(`Tests: ${countSentence(findings.cases)}.`);
  const warning = warningOf(findings);
  if (warning !== undefined) log.warning(warning);
  // Before a roll-back, which takes its time and may be cancelled: what was found is not lost with it.
  writeResults(subject, section, context);
  const signed = await signRelease(section);
  // What nobody could vouch for is not promoted.
  const wanted = signed.failure ? { ...inputs, promoteToChampion: false } : inputs;
  const { facts, notes, ...followed } = await followUp(wanted, subject, azure, findings.cases, context);
  const failure = [signed.failure, followed.failure].filter(Boolean).join(' ') || undefined;
  const file = writeResults(subject, { ...section, ...facts, attestations: signed.attestations }, context);
  for (const each of [...notes, `Results: ${file}`]) log.info(each);
  const approved = approvals ? [`Stage approved by: ${approvalsText(approvals)}`] : [];
  showResults(inputs.publishTestResults, subject, findings, figures, [...approved, ...notes], context);
  return {
    outputs: { testsPassed: String(section.passed), latencyP95: figures && String(figures.percentile(95)) },
    recordFile: subject.recordFile,
    outcome: section.passed && failure === undefined ? 'succeeded' : 'failed',
    reason: section.passed ? failure : reasonOf(findings, failure),
  };
}

/** So many failed tests are named in the step's one line; the others stand in the log, the summary and the Tests tab. */
const named = 5;

function reasonOf({ cases, containerLogs }: Findings, failure: string | undefined): string {
  const failed = cases.filter(({ outcome }) => outcome === 'failed');
  const problems = failed.slice(0, named).map(({ name, message }) => `${name} (${message})`);
  if (failed.length > named) problems.push(`and ${failed.length - named} more`);
  const cause = lineOfCause(containerLogs);
  if (cause !== undefined) problems.push(`the container's log says "${cause.slice(0, 300)}"`);
  if (failure !== undefined) problems.push(failure);
  return `${failed.length} of ${cases.length} tests failed: ${problems.join('; ')}`;
}
