import { differences, hiddenFaults } from './comparison';
import type { RequestCase, Tolerance } from './requestCases';
import type { Reply } from './scoringClient';

/**
 * Judges the answer to a request: status, content, and what a success status may hide.
 * @returns what is wrong, one sentence each; an empty list if the case passed
 */
export async function judge(request: RequestCase, reply: Reply, tolerance: Tolerance): Promise<string[]> {
  const text = reply.body.toString('utf8');
  const json = parse(text);
  const problems: string[] = [];
  if (!matchesStatus(reply.status, request.expectStatus)) {
    problems.push(`The status is ${reply.status}, expected ${request.expectStatus}.`);
  } else if (reply.status < 300) {
    problems.push(...hiddenFaults(text, json));
    if (reply.headers['x-ms-run-function-failed']?.toLowerCase() === 'true') {
      problems.push('The scoring script failed: the answer carries x-ms-run-function-failed.');
    }
  }
  if (problems.length > 0) return problems;

  const expectsJson = [request.expected, request.expectedSchema, request.expectedPaths].some(
    (each) => each !== undefined,
  );
  if (!expectsJson) return [];
  if (json === undefined) return ['The reply is not JSON, so that it cannot be compared.'];
  if (request.expected !== undefined)
    problems.push(...differences(json, request.expected, request.tolerance ?? tolerance));
  if (request.expectedSchema !== undefined) problems.push(...(await againstSchema(json, request.expectedSchema)));
  if (request.expectedPaths) {
    problems.push(...(await againstPaths(json, request.expectedPaths, request.tolerance ?? tolerance)));
  }
  return problems;
}

/** The JSON value of a text; undefined where it is none. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function matchesStatus(status: number, expected: number | string): boolean {
  return typeof expected === 'number' ? status === expected : Math.floor(status / 100) === Number(expected[0]);
}

async function againstSchema(json: unknown, schema: unknown): Promise<string[]> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  try {
    const validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema as object);
    if (validate(json)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message }) => `$${instancePath.replaceAll('/', '.')}: ${message}.`,
    );
  } catch (error) {
    return [`expectedSchema is no JSON Schema: ${(error as Error).message}.`];
  }
}

async function againstPaths(
  json: unknown,
  paths: Readonly<Record<string, unknown>>,
  tolerance: Tolerance,
): Promise<string[]> {
  const { query } = await import('jsonpath-rfc9535');
  return Object.entries(paths).flatMap(([path, expected]) => {
    let found: unknown[];
    try {
      found = query(json as Parameters<typeof query>[0], path);
    } catch (error) {
      return [`expectedPaths: "${path}" is no JSONPath: ${(error as Error).message}.`];
    }
    if (found.length === 0) return [`${path}: nothing is there.`];
    return differences(found[0], expected, tolerance).map((difference) => `${path}: ${difference}`);
  });
}
