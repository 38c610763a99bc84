import type { TaskLog } from '../../common/log';
import type { ModelRecord } from '../../common/record/record';
import type { GivenRequest } from '../../common/requestsFile/givenRequest';
import { goldenRequestsFile } from '../../common/requestsFile/goldenRequests';
import { readRequestsFile } from '../../common/requestsFile/requestsFile';
import { textFile, type ContextFile } from '../context/buildContext';
import answers from '../python/mlops_answers.py';
import type { PackageInputs } from '../inputs';
import outcome from '../python/mlops_outcome.py';
import type { SelfTestCase } from './selfTestCase';
import onlyOnTarget from '../python/only_on_target.json';
import script from '../python/self_testing.py';

/** How an image is tried before it is pushed. Without a request it is only started. */
export interface SelfTest {
  /** What the target will set for the container. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cases: readonly SelfTestCase[];
}

/** A model that answers so many rightly answers the others; Test-Endpoint sends them all. */
const mostCases = 100;
/** Of all bodies together. */
const mostBytes = 16 * 1024 * 1024;

/**
 * The self-test that the inputs ask for, with the golden requests that training wrote where they give no request.
 * @returns undefined where it is off
 * @throws TaskFailure if the golden requests are gone, changed or not readable
 */
export function planSelfTest(
  inputs: Pick<PackageInputs, 'selfTest' | 'selfTestRequest' | 'selfTestTolerance' | 'selfTestEnvironmentVariables'>,
  recordFile: string,
  record: ModelRecord,
  log: Pick<TaskLog, 'info'>,
): SelfTest | undefined {
  if (!inputs.selfTest) return undefined;
  const environment = inputs.selfTestEnvironmentVariables;
  if (inputs.selfTestRequest) return { environment, cases: [inputs.selfTestRequest] };
  const file = goldenRequestsFile(record, recordFile);
  const golden = file ? readRequestsFile(file, inputs.selfTestTolerance) : [];
  const cases = firstOf(golden);
  if (cases.length < golden.length)
    log.info(`The self-test sends the first ${cases.length} of ${golden.length} golden requests.`);
  return { environment, cases };
}

function firstOf(golden: readonly GivenRequest[]): GivenRequest[] {
  let bytes = 0;
  return golden.filter(({ body }, index) => index < mostCases && (bytes += body.length) <= mostBytes);
}

/** The scripts of python/ that a test needs, and what it is to do, as files of the folder check/. */
export function selfTestFiles(test: SelfTest): ContextFile[] {
  return [
    textFile('check/mlops_answers.py', answers),
    textFile('check/mlops_outcome.py', outcome),
    textFile('check/only_on_target.json', JSON.stringify(onlyOnTarget)),
    textFile('check/self_test.json', selfTestOrder(test)),
    textFile('check/self_test.py', script),
  ];
}

function selfTestOrder({ environment, cases }: SelfTest): string {
  const requests = cases.map(
    ({ name, method, path, headers, body, expectStatus, expectedText: expected, tolerance }) => ({
      ...{ name, method, path, headers, expectStatus, expected, tolerance },
      body: body.toString('base64'),
    }),
  );
  return JSON.stringify({ environment, requests });
}
