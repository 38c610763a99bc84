import { JsonTooDeep } from '../../common/json/jsonScan';
import { parseExact } from '../../common/json/exactJson';
import type { GivenRequest } from '../../common/requestsFile/givenRequest';
import { readRequestsFile } from '../../common/requestsFile/requestsFile';
import type { Tolerance } from '../../common/requestsFile/tolerance';
import { TaskFailure } from '../../common/taskFailure';
import { pathAssertion, schemaAssertion, valueAssertion, type Assertion } from './assertions';

/** A request of the requests file with what must hold of its answer. */
export interface RequestCase extends Pick<
  GivenRequest,
  'name' | 'method' | 'path' | 'headers' | 'body' | 'expectStatus' | 'expected' | 'expectedPaths' | 'load'
> {
  /** The body as JSON, where it is JSON, every number as it is written; negative tests are made from it. */
  readonly json?: unknown;
  /** What must hold of the reply, which then must be JSON. Empty: any reply is right. */
  readonly assertions: readonly Assertion[];
}

/**
 * Reads a requests file.
 * @param tolerance of the requests that have none of their own
 * @throws TaskFailure that names file, request and field
 */
export async function readRequestCases(file: string, tolerance: Tolerance): Promise<RequestCase[]> {
  const cases: RequestCase[] = [];
  for (const [index, given] of readRequestsFile(file, tolerance).entries()) {
    cases.push({ ...given, json: jsonOf(given), assertions: await readAssertions(given, file, index) });
  }
  return cases;
}

function jsonOf({ headers, body }: GivenRequest): unknown {
  if (!/\bjson\b/i.test(headers['content-type'] ?? '')) return undefined;
  try {
    return parseExact(body.toString('utf8'), 'all');
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonTooDeep) return undefined;
    throw error;
  }
}

/** What a request expects. A schema or a path that is not one would be found wrong only after the first calls otherwise. */
async function readAssertions(
  { expected, expectedSchema, expectedPaths, tolerance }: GivenRequest,
  file: string,
  index: number,
): Promise<Assertion[]> {
  const wrong = (what: string) =>
    new TaskFailure(`The requests file ${file} is wrong: in request ${index + 1}, ${what}.`);
  const assertions: Assertion[] = [];
  if (expected !== undefined) assertions.push(valueAssertion(expected, tolerance));
  if (expectedSchema !== undefined) {
    assertions.push(
      await schemaAssertion(expectedSchema).catch((error: Error) => {
        throw wrong(`"expectedSchema" is not a JSON Schema: ${error.message}`);
      }),
    );
  }
  for (const [jsonPath, value] of expectedPaths) {
    assertions.push(
      await pathAssertion(jsonPath, value, tolerance).catch((error: Error) => {
        throw wrong(`in "expectedPaths", "${jsonPath}" is not a JSONPath: ${error.message}`);
      }),
    );
  }
  return assertions;
}
