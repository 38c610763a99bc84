import type { AzureSession } from '../common/azure/session';
import type { StageResult, TaskContext } from '../common/task/taskContext';
import { TaskFailure } from '../common/taskFailure';
import type { Inputs } from './inputs';
import { promoteModel } from './promotion';
import { requireRecordedEndpoint } from './recordedEndpoint';
import { showResults, writeResults } from './results';
import { runTests, type Findings } from './runTests';
import { createScoringClient } from './scoringClient';
import { findSubject, type Subject } from './subject';
import { undoDeployment } from './undoDeployment';

/** Calls the endpoint, judges its answers, and says so everywhere; then promotes the model or brings the former one back. */
export async function testEndpoint(inputs: Inputs, context: TaskContext): Promise<StageResult> {
  const subject = await findSubject(inputs, context);
  subject.secrets.values.forEach((each) => context.secret(each));
  const session = inputs.connection && context.azure(inputs.connection);
  const client = createScoringClient(context.network, inputs.requestTimeoutMs);
  let findings: Findings;
  try {
    findings = await runTests(inputs, subject, session, client, context);
  } finally {
    await client.close();
  }
  const figures = findings.load?.latencies.figures(findings.load.seconds);
  const section = writeResults(subject, findings, figures, context);
  const { notes, failures } = await followUp(inputs, subject, session, section.passed, context);
  for (const each of [...notes, ...failures]) context.log.info(each);
  showResults(inputs.publishTestResults, subject, findings, figures, [...notes, ...failures], context);

  const failed = findings.cases.filter(({ outcome }) => outcome === 'failed');
  const problems = [...failed.map(({ name, message }) => `${name} (${message})`), ...failures];
  return {
    outputs: { testsPassed: String(section.passed), latencyP95: figures && String(figures.percentile(95)) },
    recordFile: subject.recordFile,
    outcome: problems.length === 0 ? 'succeeded' : 'failed',
    reason: section.passed
      ? problems[0]
      : `${failed.length} of ${findings.cases.length} tests failed: ${problems.join('; ')}`,
  };
}

/** Does to model or deployment what was asked for. What fails here is said beside what the tests found, not in its place. */
async function followUp(
  inputs: Inputs,
  { target, record }: Subject,
  session: AzureSession | undefined,
  passed: boolean,
  context: TaskContext,
): Promise<{ notes: string[]; failures: string[] }> {
  try {
    if (passed && inputs.promoteToChampion) {
      requireRecordedEndpoint(record, target.scoringUri, 'promoteToChampion');
      return { notes: [await promoteModel(inputs, session!, record, context.clock)], failures: [] };
    }
    if (!passed && inputs.rollbackOnFailure) {
      requireRecordedEndpoint(record, target.scoringUri, 'rollbackOnFailure');
      return { notes: [await undoDeployment(session!, record, context)], failures: [] };
    }
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    return { notes: [], failures: [error.message] };
  }
  return { notes: [], failures: [] };
}
