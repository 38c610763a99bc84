import { ownValue } from '../../common/ownValue';
import { plainJson } from '../requests/replyText';
import type { HttpRequest, ScoringClient } from '../requests/scoringClient';

/** As much of JSON Schema as is needed to make a value. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  example?: unknown;
  examples?: unknown[];
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  minimum?: number;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
}
interface Media {
  schema?: Schema;
  example?: unknown;
}
interface Operation {
  /** OpenAPI 3. */
  requestBody?: { content?: Record<string, Media> };
  /** Swagger 2. */
  parameters?: Array<{ in?: string; schema?: Schema }>;
}
interface Description {
  openapi?: string;
  swagger?: string;
  paths?: Record<string, { post?: Operation }>;
  components?: { schemas?: Record<string, Schema> };
  definitions?: Record<string, Schema>;
}

/** A request that a service's own description gives, or leaves incomplete. */
export interface DescribedRequest {
  readonly kind: 'describedExample' | 'describedTypes' | 'describedIncomplete';
  /** What it is, for people. */
  readonly sent: string;
  readonly request: HttpRequest;
}

/** A description is the service's, and may be of any size: what is made of it is not. */
const limits = { values: 10_000, elements: 1_000, incomplete: 20, depth: 8 };

/** How services name their description: Azure ML's inference server (older ones have only Swagger 2), and FastAPI. */
const names = ['swagger.json?version=3', 'swagger.json', 'openapi.json'];

/**
 * Asks the service for its description and makes requests from it.
 * @param json of the good request, to say how what is made differs from it
 * @returns none where it has no description, or none that speaks of this route
 */
export async function describedRequests(
  client: ScoringClient,
  good: HttpRequest,
  json: unknown,
  signal: AbortSignal,
): Promise<DescribedRequest[]> {
  // Beside the scoring route, which on AKS stands behind a prefix, then at the root.
  const places = new Set([...names, ...names.map((name) => `/${name}`)].map((name) => new URL(name, good.url).href));
  for (const place of places) {
    const headers = withoutContent(good.headers);
    const { status, body } = await client.send({ url: new URL(place), method: 'GET', headers }, signal);
    const description = status === 200 ? plainJson(body.toString('utf8')) : undefined;
    const made = isDescription(description) ? readDescription(description, good, json) : [];
    if (made.length > 0) return made;
  }
  return [];
}

/** A description may have any shape: where it is not what it should be, nothing is made of it. */
function readDescription(description: Description, good: HttpRequest, json: unknown): DescribedRequest[] {
  try {
    return fromDescription(description, good, json);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return [];
    throw error;
  }
}

/** The headers that let a caller in, without those that speak of the body. */
function withoutContent(headers: HttpRequest['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')));
}

function isDescription(value: unknown): value is Description {
  const { openapi, swagger } = (value ?? {}) as Description;
  return Boolean(openapi?.startsWith?.('3') || swagger?.startsWith?.('2'));
}

function fromDescription(description: Description, good: HttpRequest, json: unknown): DescribedRequest[] {
  const media = mediaAt(good.url.pathname, description);
  if (!media?.schema && media?.example === undefined) return [];
  const schema = resolve(media.schema ?? {}, description);
  const example = media.example ?? exampleOf(schema);
  const body = example ?? sample(schema, description, { left: limits.values });
  // What Azure ML's server says of a run() without a declared schema: any object. That describes no request.
  if (schema.type === 'object' && !schema.properties && JSON.stringify(body) === '{}') return [];
  const request = (value: unknown): HttpRequest => ({
    ...good,
    headers: { ...good.headers, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  });
  const fields = fieldsOf(body);
  const required = (schema.required ?? []).filter((property) => fields.some(([name]) => name === property));
  return [
    example === undefined
      ? {
          kind: 'describedTypes',
          sent: `made from its description: ${typesSentence(body, json)}`,
          request: request(body),
        }
      : { kind: 'describedExample', sent: 'the example in its description', request: request(body) },
    ...required.slice(0, limits.incomplete).map((property) => ({
      kind: 'describedIncomplete' as const,
      sent: `made from its description: without "${property}"`,
      request: request(Object.fromEntries(fields.filter(([name]) => name !== property))),
    })),
  ];
}

function fieldsOf(body: unknown): Array<[name: string, value: unknown]> {
  return body !== null && typeof body === 'object' && !Array.isArray(body) ? Object.entries(body) : [];
}

/** What is made only from the types, in words: above all how much shorter its lists are than those of the good request. */
function typesSentence(made: unknown, good: unknown, depth = 0): string {
  return shorterList(made, good, depth) ?? 'values of its types';
}

function shorterList(made: unknown, good: unknown, depth: number): string | undefined {
  if (Array.isArray(made) && Array.isArray(good)) {
    const inner = shorterList(made[0], good[0], depth + 1);
    if (inner || made.length === good.length || depth === 0 || Array.isArray(good[0])) return inner;
    const count = made.length === 1 ? 'one feature' : `${made.length} features`;
    return `${count} instead of ${good.length}`;
  }
  if (made === null || good === null || typeof made !== 'object' || typeof good !== 'object') return undefined;
  for (const [key, each] of Object.entries(made)) {
    const inner = shorterList(each, (good as Record<string, unknown>)[key], depth);
    if (inner) return inner;
  }
  return undefined;
}

function mediaAt(pathname: string, { paths = {} }: Description): Media | undefined {
  // Behind a prefix the paths may be given without it.
  const isThere = (path: string) => path === pathname || (path !== '/' && pathname.endsWith(path));
  const [, route] = Object.entries(paths).find(([path]) => isThere(path)) ?? [];
  return route?.post && mediaOf(route.post);
}

function mediaOf({ requestBody, parameters }: Operation): Media | undefined {
  return requestBody?.content?.['application/json'] ?? parameters?.find((each) => each.in === 'body');
}

/** The schema that a reference names; what is to hold of it all at once, in one. */
function resolve(schema: Schema, description: Description, depth = 0): Schema {
  if (depth > limits.depth) return {};
  const name = schema.$ref?.replace(/^#\/(components\/schemas|definitions)\//, '');
  if (name) {
    const named = ownValue(description.components?.schemas, name) ?? ownValue(description.definitions, name) ?? {};
    return resolve(named, description, depth + 1);
  }
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first) return resolve(first, description, depth + 1);
  if (!schema.allOf) return schema;
  const parts = schema.allOf.map((each) => resolve(each, description, depth + 1));
  return Object.assign({}, ...parts, schema, {
    allOf: undefined,
    // Not by Object.assign, to which a property named __proto__ is none.
    properties: Object.fromEntries(
      [...parts, schema].flatMap(({ properties = {} }) => Object.entries(properties)),
    ) as Schema['properties'],
    required: parts.flatMap(({ required = [] }) => required).concat(schema.required ?? []),
  }) as Schema;
}

function exampleOf({ example, examples }: Schema): unknown {
  return example ?? examples?.[0];
}

/** A value that the schema itself names. */
function namedValue(schema: Schema): unknown {
  return exampleOf(schema) ?? schema.default ?? schema.const ?? schema.enum?.[0];
}

/** @param budget how many values may still be made */
function sample(given: Schema, description: Description, budget: { left: number }, depth = 0): unknown {
  if (depth > limits.depth || budget.left-- <= 0) return null;
  const schema = resolve(given, description);
  const told = namedValue(schema);
  if (told !== undefined) return told;
  const inner = (each: Schema) => sample(each, description, budget, depth + 1);
  switch ([schema.type].flat()[0]) {
    case 'object':
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, each]) => [name, inner(each)]));
    case 'array':
      return Array.from({ length: Math.min(Math.max(1, schema.minItems ?? 1), limits.elements) }, () =>
        inner(schema.items ?? {}),
      );
    case 'integer':
      return Math.ceil(schema.minimum ?? 0);
    case 'number':
      return schema.minimum ?? 0.5;
    case 'boolean':
      return false;
    case 'string':
      return '';
    default:
      return null;
  }
}
