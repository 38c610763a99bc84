import { messageOf } from '../messageOf';
import type { StepContext } from './stepContext';
import { readJUnit, type TestCase, type TestRun } from './testResults';

export interface TestRunPublication {
  files: string[];
  /** One is made up where it is empty. */
  title: string;
  failOnFailedTests: boolean;
}

/** Adds the tests of JUnit files to what a step published; a file that cannot be read is a warning. */
export function publishTestRun(context: StepContext, publication: TestRunPublication): TestRun {
  const cases: TestCase[] = [];
  for (const file of publication.files) {
    try {
      cases.push(...readJUnit(file));
    } catch (error) {
      context.warning(`Failed to publish test results: ${messageOf(error)}`);
    }
  }
  const buildId = context.options.variables.get('Build.BuildId') ?? '0';
  const run = { title: publication.title || `JUnit_TestResults_${buildId}`, files: publication.files, cases };
  context.testRuns.push(run);
  if (publication.failOnFailedTests && cases.some(({ outcome }) => outcome === 'failed')) {
    context.result = 'failed';
    context.error('There are one or more test failures detected in result files.');
  }
  return run;
}
