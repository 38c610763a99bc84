import type { StageResult, TaskContext } from '../common/task/taskContext';
import { followUp } from './after/followUp';
import type { Inputs } from './inputs';
import { showResults, testsSection, writeResults } from './report/results';
import { runTests, type Findings } from './sequence';
import { createScoringClient } from './requests/scoringClient';
import { findSubject } from './endpointToTest';

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
  const section = testsSection(subject, findings, figures, context);
  // Before a roll-back, which takes its time and may be cancelled: what was found is not lost with it.
  writeResults(subject, section, context);
  const { facts, notes, failure } = await followUp(inputs, subject, session, section.passed, context);
  const file = writeResults(subject, { ...section, ...facts }, context);
  for (const each of [...notes, `Results: ${file}`]) context.log.info(each);
  showResults(inputs.publishTestResults, subject, findings, figures, notes, context);

  const failed = findings.cases.filter(({ outcome }) => outcome === 'failed');
  const problems = failed.map(({ name, message }) => `${name} (${message})`);
  if (failure !== undefined) problems.push(failure);
  return {
    outputs: { testsPassed: String(section.passed), latencyP95: figures && String(figures.percentile(95)) },
    recordFile: subject.recordFile,
    outcome: problems.length === 0 ? 'succeeded' : 'failed',
    reason: section.passed ? failure : `${failed.length} of ${section.total} tests failed: ${problems.join('; ')}`,
  };
}
