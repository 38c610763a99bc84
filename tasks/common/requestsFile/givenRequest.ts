import * as fs from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as path from 'node:path';
import { parseExact } from '../json/exactJson';
import { memberTexts } from '../json/jsonScan';
import { TaskFailure } from '../taskFailure';
import { toTolerance, type Tolerance } from './tolerance';

/** One request of a requests file, ready to be sent, and what must come back. */
export interface GivenRequest {
  readonly name: string;
  readonly method: string;
  /** Under the scoring URI's origin; undefined is the scoring URI itself. */
  readonly path?: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** As the file has it, byte for byte. */
  readonly body: Buffer;
  /** A status, or a class of them such as '2xx' or '4xx'. */
  readonly expectStatus: number | string;
  readonly tolerance: Tolerance;
  /** The value that the answer must have, with its numbers exact; undefined where any is right. */
  readonly expected?: unknown;
  /** `expected` as the file has it. */
  readonly expectedText?: string;
  /** A JSON Schema that the answer must keep. */
  readonly expectedSchema?: unknown;
  /** The value that each match of a JSONPath must have, with its numbers exact. */
  readonly expectedPaths: ReadonlyArray<readonly [jsonPath: string, value: unknown]>;
  /** Whether the file says that it goes, or does not go, into a load test. */
  readonly load?: boolean;
}

const fields = [
  'name',
  'request',
  'requestFile',
  'requestText',
  'requestBase64',
  'contentType',
  'method',
  'path',
  'headers',
  'tolerance',
  'expectStatus',
  'expected',
  'expectedSchema',
  'expectedPaths',
  'load',
] as const;
type Field = (typeof fields)[number];

/** The body, each in its way; one request has one of them. */
const bodyFields = ['request', 'requestFile', 'requestText', 'requestBase64'] as const;

/**
 * Reads one request out of its JSON text.
 * @param text valid JSON
 * @throws TaskFailure that names file, request and field
 */
export function readRequest(text: string, index: number, file: string, defaultTolerance: Tolerance): GivenRequest {
  const place: Place = { file, where: `request ${index + 1}` };
  const given = JSON.parse(text) as unknown;
  if (!isObject(given)) throw wrong(place, 'it is not a JSON object');
  const unknown = Object.keys(given).find((field) => !(fields as readonly string[]).includes(field));
  if (unknown !== undefined)
    throw wrong(place, `it has the unknown field "${unknown}"; known are ${fields.join(', ')}`);
  const source = memberTexts(text) as Map<Field, string>;
  const exact = (field: Field): unknown => (source.has(field) ? parseExact(source.get(field)!) : undefined);
  const method = readMethod(given, place);
  const { load, expectedPaths } = given;
  if (load !== undefined && typeof load !== 'boolean') throw wrong(place, '"load" is neither true nor false');
  if (expectedPaths !== undefined && !isObject(expectedPaths))
    throw wrong(place, '"expectedPaths" is not a JSON object of JSONPaths and values');
  return {
    name: readText(given, 'name', place) ?? place.where,
    method,
    path: readPath(readText(given, 'path', place), place),
    headers: readHeaders(given, place),
    body: readBody(given, source.get('request'), place),
    expectStatus: readStatus(given, place),
    tolerance: readTolerance(given, defaultTolerance, place),
    expected: exact('expected'),
    expectedText: source.get('expected'),
    expectedSchema: given.expectedSchema,
    expectedPaths: Object.entries((exact('expectedPaths') ?? {}) as Record<string, unknown>),
    load,
  };
}

interface Place {
  readonly file: string;
  readonly where: string;
}
type Given = Record<string, unknown>;

function isObject(value: unknown): value is Given {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function readText(given: Given, field: Field, place: Place): string | undefined {
  const value = given[field];
  if (value !== undefined && typeof value !== 'string') throw wrong(place, `"${field}" is not a text`);
  return value;
}

function readMethod(given: Given, place: Place): string {
  const bodies = bodyFields.filter((field) => given[field] !== undefined);
  const method = (readText(given, 'method', place) ?? (bodies.length > 0 ? 'POST' : 'GET')).toUpperCase();
  if (bodies.length > 1) throw wrong(place, `it has both "${bodies[0]}" and "${bodies[1]}"`);
  if (bodies.length === 0 && method !== 'GET')
    throw wrong(place, `it has none of ${bodyFields.map((field) => `"${field}"`).join(', ')}`);
  return method;
}

function readTolerance(given: Given, otherwise: Tolerance, place: Place): Tolerance {
  if (given.tolerance === undefined) return otherwise;
  const tolerance = toTolerance(given.tolerance);
  if (!tolerance)
    throw wrong(place, '"tolerance" is neither a number of at least 0 nor {"absolute": …, "relative": …}');
  return { ...tolerance, ofRequest: true };
}

function readStatus(given: Given, place: Place): number | string {
  const status = given.expectStatus ?? '2xx';
  if (Number.isInteger(status) || (typeof status === 'string' && /^[1-5]xx$/.test(status)))
    return status as number | string;
  throw wrong(place, '"expectStatus" is neither a status such as 400 nor a class such as "4xx"');
}

function readHeaders(given: Given, place: Place): Record<string, string> {
  if (given.headers !== undefined && !isObject(given.headers)) throw wrong(place, '"headers" is not a JSON object');
  const contentType =
    readText(given, 'contentType', place) ?? (given.request !== undefined ? 'application/json' : undefined);
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
      throw wrong(place, `"${key}" is a header that HTTP does not allow, by its name or its value`);
    }
  }
  return headers;
}

/** Training may have written the file: it must not say which host gets the endpoint's key. */
function readPath(value: string | undefined, place: Place): string | undefined {
  const staysAt = (origin: string) => URL.canParse(value!, origin) && new URL(value!, origin).origin === origin;
  if (value === undefined || ['http://endpoint.invalid', 'https://endpoint.invalid'].every(staysAt)) return value;
  throw wrong(place, `"path" is "${value}", which is not a path at the endpoint, such as "/score"`);
}

function readBody(given: Given, source: string | undefined, place: Place): Buffer {
  if (source !== undefined) return Buffer.from(source);
  if (typeof given.requestText === 'string') return Buffer.from(given.requestText);
  if (given.requestText !== undefined) throw wrong(place, '"requestText" is not a text');
  if (given.requestBase64 !== undefined) return readBase64(given.requestBase64, place);
  if (given.requestFile === undefined) return Buffer.alloc(0);
  if (typeof given.requestFile !== 'string') throw wrong(place, '"requestFile" is not a text');
  const directory = path.resolve(path.dirname(place.file));
  const absolute = path.resolve(directory, given.requestFile);
  // Nor may it have any other file of the agent sent to an endpoint.
  if (!absolute.startsWith(path.join(directory, path.sep)))
    throw wrong(place, `its file ${absolute} does not lie in the folder of the requests file`);
  try {
    return fs.readFileSync(absolute);
  } catch {
    throw wrong(place, `its file ${absolute} cannot be read`);
  }
}

/** For golden requests: training leaves one file, and a picture must stand in it. */
function readBase64(value: unknown, place: Place): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
  // Buffer skips what is not base64, which would send something else than was meant.
  if (bytes?.toString('base64').replace(/=+$/, '') !== String(value).replace(/\s+/g, '').replace(/=+$/, ''))
    throw wrong(place, '"requestBase64" is not base64');
  return bytes;
}

function wrong({ file, where }: Place, what: string): TaskFailure {
  return new TaskFailure(`The requests file ${file} is wrong: in ${where}, ${what}.`);
}
