import * as fs from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as path from 'node:path';
import { TaskFailure } from '../../common/taskFailure';
import { pathAssertion, schemaAssertion, valueAssertion, type Assertion } from './assertions';
import { parse } from './answerVerdict';
import { toTolerance, type Tolerance } from './tolerance';

/** One request of the requests file, ready to be sent, and what the service must answer. */
export interface RequestCase {
  readonly name: string;
  readonly method: string;
  /** Under the scoring URI's origin; undefined is the scoring URI itself. */
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body as JSON, where it is JSON; negative tests are made from it. */
  readonly json?: unknown;
  /** A status, or a class of them such as '2xx' or '4xx'. */
  readonly expectStatus: number | string;
  /** What must hold of the reply, which then must be JSON. Empty: any reply is right. */
  readonly assertions: readonly Assertion[];
}

const fields = [
  'name',
  'request',
  'requestFile',
  'requestText',
  'contentType',
  'method',
  'path',
  'headers',
  'tolerance',
  'expectStatus',
  'expected',
  'expectedSchema',
  'expectedPaths',
];

/**
 * Reads a requests file: a JSON array, or JSON Lines, of `{name, request, expected?, tolerance?, expectStatus?, headers?}`.
 * `requestFile` (a path beside the file) or `requestText` take the place of `request` where the body is not JSON.
 * @param tolerance of the requests that have none of their own
 * @throws TaskFailure that names file, request and field
 */
export async function readRequestCases(file: string, tolerance: Tolerance): Promise<RequestCase[]> {
  // Windows PowerShell writes UTF-8 with a byte order mark.
  const entries = parseEntries(file, fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  if (entries.length === 0) throw new TaskFailure(`The requests file ${file} holds no request.`, 'Write at least one.');
  const requests: RequestCase[] = [];
  for (const [index, entry] of entries.entries()) {
    const request = await toCase(entry, index, file, tolerance);
    if (requests.some(({ name }) => name === request.name))
      throw wrong(file, `request ${index + 1}`, `the name "${request.name}" stands twice`);
    requests.push(request);
  }
  return requests;
}

function parseEntries(file: string, text: string): unknown[] {
  if (/^\s*\[/.test(text)) {
    try {
      return JSON.parse(text) as unknown[];
    } catch (error) {
      throw new TaskFailure(`The requests file ${file} is not valid JSON: ${(error as Error).message}.`);
    }
  }
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch (error) {
      throw new TaskFailure(
        `The requests file ${file} is not valid at line ${index + 1}: ${(error as Error).message}.`,
        'It must be a JSON array of requests, or one JSON object a line.',
      );
    }
  });
}

async function toCase(entry: unknown, index: number, file: string, defaultTolerance: Tolerance): Promise<RequestCase> {
  const where = `request ${index + 1}`;
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry))
    throw wrong(file, where, 'it is no JSON object');
  const given = entry as Record<string, unknown>;
  const unknown = Object.keys(given).filter((field) => !fields.includes(field));
  if (unknown.length > 0) {
    throw wrong(file, where, `it has the unknown field "${unknown[0]}"; known are ${fields.join(', ')}`);
  }
  const text = (field: string): string | undefined => {
    const value = given[field];
    if (value !== undefined && typeof value !== 'string') throw wrong(file, where, `"${field}" is no text`);
    return value;
  };
  const name = text('name') ?? where;
  const bodies = ['request', 'requestFile', 'requestText'].filter((field) => given[field] !== undefined);
  const method = (text('method') ?? (bodies.length > 0 ? 'POST' : 'GET')).toUpperCase();
  if (bodies.length > 1) throw wrong(file, where, `it has both "${bodies[0]}" and "${bodies[1]}"`);
  if (bodies.length === 0 && method !== 'GET')
    throw wrong(file, where, 'it has none of "request", "requestFile" and "requestText"');

  const tolerance = given.tolerance === undefined ? defaultTolerance : toTolerance(given.tolerance);
  if (!tolerance) {
    throw wrong(file, where, '"tolerance" is neither a number of at least 0 nor {"absolute": …, "relative": …}');
  }
  const expectStatus = given.expectStatus ?? '2xx';
  if (!(Number.isInteger(expectStatus) || /^[1-5]xx$/.test(String(expectStatus)))) {
    throw wrong(file, where, '"expectStatus" is neither a status such as 400 nor a class such as "4xx"');
  }
  for (const field of ['headers', 'expectedPaths']) {
    const value = given[field];
    if (value !== undefined && (value === null || typeof value !== 'object' || Array.isArray(value))) {
      throw wrong(file, where, `"${field}" is no JSON object`);
    }
  }
  const contentType = text('contentType') ?? (given.request !== undefined ? 'application/json' : undefined);
  const headers = {
    ...(contentType ? { 'content-type': contentType } : {}),
    ...Object.fromEntries(
      Object.entries(given.headers ?? {}).map(([key, value]) => [key.toLowerCase(), String(value)]),
    ),
  };
  for (const [key, value] of Object.entries(headers)) {
    try {
      validateHeaderName(key);
      validateHeaderValue(key, value);
    } catch {
      throw wrong(file, where, `"${key}" is a header that HTTP does not allow, by its name or its value`);
    }
  }
  const body = readBody(given, file, where);
  const isJson = /\bjson\b/i.test(headers['content-type'] ?? '');
  return {
    name,
    method,
    path: readPath(text('path'), file, where),
    headers,
    body,
    json: given.request ?? (isJson ? parse(body.toString('utf8')) : undefined),
    expectStatus: expectStatus as number | string,
    assertions: await readAssertions(given, tolerance, file, where),
  };
}

/** What a request expects. A schema or a path that is none would be found wrong only after the first calls otherwise. */
async function readAssertions(
  { expected, expectedSchema, expectedPaths }: Record<string, unknown>,
  tolerance: Tolerance,
  file: string,
  where: string,
): Promise<Assertion[]> {
  const assertions: Assertion[] = [];
  if (expected !== undefined) assertions.push(valueAssertion(expected, tolerance));
  if (expectedSchema !== undefined) {
    assertions.push(
      await schemaAssertion(expectedSchema).catch((error: Error) => {
        throw wrong(file, where, `"expectedSchema" is no JSON Schema: ${error.message}`);
      }),
    );
  }
  for (const [jsonPath, value] of Object.entries(expectedPaths ?? {})) {
    assertions.push(
      await pathAssertion(jsonPath, value, tolerance).catch((error: Error) => {
        throw wrong(file, where, `in "expectedPaths", "${jsonPath}" is no JSONPath: ${error.message}`);
      }),
    );
  }
  return assertions;
}

/** Training may have written the file: it must not say which host gets the endpoint's key. */
function readPath(value: string | undefined, file: string, where: string): string | undefined {
  const staysAt = (origin: string) => URL.canParse(value!, origin) && new URL(value!, origin).origin === origin;
  if (value === undefined || ['http://endpoint.invalid', 'https://endpoint.invalid'].every(staysAt)) return value;
  throw wrong(file, where, `"path" is "${value}", which is no path at the endpoint, such as "/score"`);
}

function readBody(given: Record<string, unknown>, file: string, where: string): Buffer {
  if (given.request !== undefined) return Buffer.from(JSON.stringify(given.request));
  if (typeof given.requestText === 'string') return Buffer.from(given.requestText);
  if (typeof given.requestFile !== 'string') return Buffer.alloc(0);
  const directory = path.resolve(path.dirname(file));
  const absolute = path.resolve(directory, given.requestFile);
  // Nor may it have any other file of the agent sent to an endpoint.
  if (!absolute.startsWith(path.join(directory, path.sep))) {
    throw wrong(file, where, `its file ${absolute} does not lie in the folder of the requests file`);
  }
  try {
    return fs.readFileSync(absolute);
  } catch {
    throw wrong(file, where, `its file ${absolute} cannot be read`);
  }
}

function wrong(file: string, where: string, what: string): TaskFailure {
  return new TaskFailure(`The requests file ${file} is wrong: in ${where}, ${what}.`);
}
