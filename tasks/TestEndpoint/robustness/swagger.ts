import { parse } from '../requests/answerVerdict';
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

/** What a service's own description says of its scoring route. */
export interface GeneratedRequests {
  readonly valid: HttpRequest;
  /** Whether the description itself gives `valid` as an example; else it is made by the types alone. */
  readonly isExample: boolean;
  /** One for each property that the description calls required, without that property. */
  readonly incomplete: ReadonlyArray<{ readonly property: string; readonly request: HttpRequest }>;
}

/** How services name their description: Azure ML's inference server (older ones have Swagger 2 alone), and FastAPI. */
const names = ['swagger.json?version=3', 'swagger.json', 'openapi.json'];

/**
 * Asks the service for its description and makes requests from it.
 * @returns undefined where it has none, or none that speaks of this route
 */
export async function generatedRequests(
  client: ScoringClient,
  good: HttpRequest,
  signal: AbortSignal,
): Promise<GeneratedRequests | undefined> {
  // Beside the scoring route, which on AKS stands behind a prefix, then at the root.
  const places = new Set([...names, ...names.map((name) => `/${name}`)].map((name) => new URL(name, good.url).href));
  for (const place of places) {
    const headers = withoutContent(good.headers);
    const { status, body } = await client.send({ url: new URL(place), method: 'GET', headers }, signal);
    const description = status === 200 ? parse(body.toString('utf8')) : undefined;
    const generated = isDescription(description) ? fromDescription(description, good) : undefined;
    if (generated) return generated;
  }
  return undefined;
}

/** The headers that let a caller in, without those that speak of the body. */
function withoutContent(headers: HttpRequest['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')));
}

function isDescription(value: unknown): value is Description {
  const { openapi, swagger } = (value ?? {}) as Description;
  return Boolean(openapi?.startsWith?.('3') || swagger?.startsWith?.('2'));
}

function fromDescription(description: Description, good: HttpRequest): GeneratedRequests | undefined {
  // Behind a prefix the paths may be given without it.
  const [, route] =
    Object.entries(description.paths ?? {}).find(
      ([path]) => path === good.url.pathname || (path !== '/' && good.url.pathname.endsWith(path)),
    ) ?? [];
  const media = route?.post && mediaOf(route.post);
  if (!media?.schema && media?.example === undefined) return undefined;
  const schema = resolve(media.schema ?? {}, description);
  const example = media.example ?? exampleOf(schema);
  const body = example ?? sample(schema, description);
  // What Azure ML's server says of a run() without a declared schema: any object. That describes no request.
  if (schema.type === 'object' && !schema.properties && JSON.stringify(body) === '{}') return undefined;
  const request = (value: unknown): HttpRequest => ({
    ...good,
    headers: { ...good.headers, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  });
  const fields = body !== null && typeof body === 'object' && !Array.isArray(body) ? Object.entries(body) : [];
  return {
    valid: request(body),
    isExample: example !== undefined,
    incomplete: (schema.required ?? [])
      .filter((property) => fields.some(([name]) => name === property))
      .map((property) => ({
        property,
        request: request(Object.fromEntries(fields.filter(([name]) => name !== property))),
      })),
  };
}

function mediaOf({ requestBody, parameters }: Operation): Media | undefined {
  return requestBody?.content?.['application/json'] ?? parameters?.find((each) => each.in === 'body');
}

/** The schema that a reference names; what is to hold of it all at once, in one. */
function resolve(schema: Schema, description: Description, depth = 0): Schema {
  if (depth > 8) return {};
  const name = schema.$ref?.replace(/^#\/(components\/schemas|definitions)\//, '');
  if (name) {
    const named = description.components?.schemas?.[name] ?? description.definitions?.[name] ?? {};
    return resolve(named, description, depth + 1);
  }
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first) return resolve(first, description, depth + 1);
  if (!schema.allOf) return schema;
  const parts = schema.allOf.map((each) => resolve(each, description, depth + 1));
  return Object.assign({}, ...parts, schema, {
    allOf: undefined,
    properties: Object.assign({}, ...parts.map(({ properties }) => properties), schema.properties),
    required: parts.flatMap(({ required = [] }) => required).concat(schema.required ?? []),
  }) as Schema;
}

function exampleOf({ example, examples }: Schema): unknown {
  return example ?? examples?.[0];
}

function sample(given: Schema, description: Description, depth = 0): unknown {
  const schema = resolve(given, description);
  const told = exampleOf(schema) ?? schema.default ?? schema.const ?? schema.enum?.[0];
  if (told !== undefined) return told;
  if (depth > 8) return null;
  switch ([schema.type].flat()[0]) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, sample(inner, description, depth + 1)]),
      );
    case 'array':
      return Array.from({ length: Math.max(1, schema.minItems ?? 1) }, () =>
        sample(schema.items ?? {}, description, depth + 1),
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
