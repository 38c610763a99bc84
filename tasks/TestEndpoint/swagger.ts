import { parse } from './judge';
import type { HttpRequest, ScoringClient } from './scoringClient';

/** As much of OpenAPI 3 as is needed to make a request. */
interface Schema {
  $ref?: string;
  type?: string;
  example?: unknown;
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
}
interface Media {
  schema?: Schema;
  example?: unknown;
}
interface OpenApi {
  openapi?: string;
  paths?: Record<string, { post?: { requestBody?: { content?: Record<string, Media> } } }>;
  components?: { schemas?: Record<string, Schema> };
}

/** What a service's own description says of its scoring route. */
export interface GeneratedRequests {
  readonly valid: HttpRequest;
  /** One for each property that the description calls required, without that property. */
  readonly incomplete: ReadonlyArray<{ readonly property: string; readonly request: HttpRequest }>;
}

/**
 * Asks the service for its description (`/swagger.json?version=3`, as Azure ML's inference server gives it) and makes
 * requests from it.
 * @returns undefined where it has none, or none that speaks of this route
 */
export async function generatedRequests(
  client: ScoringClient,
  good: HttpRequest,
  signal: AbortSignal,
): Promise<GeneratedRequests | undefined> {
  const url = new URL('/swagger.json?version=3', good.url);
  const { authorization } = good.headers;
  const reply = await client.send({ url, method: 'GET', headers: authorization ? { authorization } : {} }, signal);
  const description = reply.status === 200 ? (parse(reply.body.toString('utf8')) as OpenApi | undefined) : undefined;
  if (!description?.openapi?.startsWith('3')) return undefined;
  const media = description.paths?.[good.url.pathname]?.post?.requestBody?.content?.['application/json'];
  if (!media?.schema && media?.example === undefined) return undefined;
  const schema = resolve(media.schema ?? {}, description);
  const body = media.example ?? sample(schema, description);
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
    incomplete: (schema.required ?? [])
      .filter((property) => fields.some(([name]) => name === property))
      .map((property) => ({
        property,
        request: request(Object.fromEntries(fields.filter(([name]) => name !== property))),
      })),
  };
}

function resolve(schema: Schema, description: OpenApi): Schema {
  const name = schema.$ref?.replace('#/components/schemas/', '');
  return name ? resolve(description.components?.schemas?.[name] ?? {}, description) : schema;
}

function sample(given: Schema, description: OpenApi, depth = 0): unknown {
  const schema = resolve(given, description);
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum?.length) return schema.enum[0];
  if (depth > 8) return null;
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, sample(inner, description, depth + 1)]),
      );
    case 'array':
      return Array.from({ length: Math.max(1, schema.minItems ?? 1) }, () =>
        sample(schema.items ?? {}, description, depth + 1),
      );
    case 'integer':
      return 0;
    case 'number':
      return 0.5;
    case 'boolean':
      return false;
    case 'string':
      return '';
    default:
      return null;
  }
}
