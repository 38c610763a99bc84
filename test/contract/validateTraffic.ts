import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LiveValidator } from 'oav';
import type { RecordedExchange } from '../../local/azure/traffic/trafficRecorder';
import { ownWays, specifications, unspecified, type Specification } from './specifications';

/** What in a recorded exchange does not follow the official specification. */
export interface Violation {
  /** e.g. `PUT /subscriptions/... -> 201` */
  exchange: string;
  side: 'request' | 'response';
  code: string;
  message: string;
  /** Where in the body. */
  path: string;
}

export interface TrafficReport {
  /** How many exchanges were checked, by the specification's name of the operation. */
  checked: Record<string, number>;
  /** The same by the name of the specification. */
  bySpecification: Record<string, { operations: Set<string>; exchanges: number }>;
  /** How many exchanges, or how many faults found in one, an exception let pass, by its reason. */
  excepted: Record<string, number>;
  violations: Violation[];
}

/**
 * The directory with Azure's official specifications: AZURE_SPECS, else beside the repository. Undefined if they are not
 * there; on CI, where they must be, that is an error.
 */
export function specificationsDirectory(): string | undefined {
  const beside = join(__dirname, '..', '..', '..', 'shared', 'azure-specs');
  const found = [process.env.AZURE_SPECS, beside].find(
    (directory) => directory && existsSync(join(directory, 'specification')),
  );
  if (!found && process.env.CI) {
    throw new Error(`The official specifications of Azure are neither in AZURE_SPECS nor in ${beside}.`);
  }
  return found;
}

/** Checks a recording of local Azure (`recordTrafficTo`), requests and responses, against the official specifications. */
export async function validateTraffic(file: string, directory: string): Promise<TrafficReport> {
  const report: TrafficReport = { checked: {}, bySpecification: {}, excepted: {}, violations: [] };
  const except = (reason: string) => (report.excepted[reason] = (report.excepted[reason] ?? 0) + 1);
  const held: Array<{ exchange: RecordedExchange; specification: Specification }> = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (!line) continue;
    const exchange = JSON.parse(line) as RecordedExchange;
    const path = pathOf(exchange);
    const { error } = (exchange.response.body ?? {}) as { error?: { code?: string } };
    const exception = unspecified.find(({ covers }) => covers({ exchange, path, refusal: error?.code ?? '' }));
    const specification = specifications.find((each) => each.holds(exchange.host, path));
    if (exception) except(exception.reason);
    else if (specification) held.push({ exchange, specification });
    else except('a provider whose specification is not at hand');
  }
  const validator = await open(directory, new Set(held.map(({ specification }) => specification.files)));
  const seen = new Set<string>();
  for (const { exchange, specification } of held) {
    const { operation, found } = await check(validator, exchange, specification);
    report.checked[operation] = (report.checked[operation] ?? 0) + 1;
    const part = (report.bySpecification[specification.name] ??= { operations: new Set(), exchanges: 0 });
    part.operations.add(operation);
    part.exchanges++;
    for (const violation of found) {
      const exception = ownWays.find(({ covers }) => covers(operation, violation));
      if (exception) except(exception.reason);
      const key = [operation, violation.side, violation.code, violation.path.replace(/\d+/g, '#'), violation.message].join('|'); // prettier-ignore
      if (exception || seen.has(key)) continue;
      seen.add(key);
      report.violations.push(violation);
    }
  }
  return report;
}

/** What was held against each specification, and what was excepted with why. */
export function reportText({ bySpecification, excepted }: TrafficReport): string {
  const line = (name: string, operations: number | string, exchanges: number | string): string =>
    `      ${name.padEnd(52)} ${String(operations).padStart(10)} ${String(exchanges).padStart(10)}`;
  const counts = specifications.map(({ name }) => {
    const part = bySpecification[name];
    return line(name, part?.operations.size ?? 'not asked', part?.exchanges ?? '');
  });
  const reasons = Object.entries(excepted).map(([reason, count]) => `      ${count} x excepted: ${reason}`);
  return [line('specification', 'operations', 'exchanges'), ...counts, ...reasons].join('\n');
}

async function open(directory: string, files: Set<string>): Promise<LiveValidator> {
  const options = {
    fileRoot: directory,
    directory,
    git: { shouldClone: false, url: '' },
    swaggerPathsPattern: [...files].map((each) => `specification/${each}`),
    excludedSwaggerPathsPattern: ['**/examples/**'],
  };
  // Else it warns of each path that names no provider.
  const validator = new LiveValidator(options, () => undefined);
  await validator.initialize();
  return validator;
}

async function check(
  validator: LiveValidator,
  { request, response }: RecordedExchange,
  { version }: Specification,
): Promise<{ operation: string; found: Violation[] }> {
  const [asked = '', query] = request.url.split('?', 2);
  const path = asMatched(asked);
  const parameters = new URLSearchParams(query);
  parameters.set('api-version', version);
  const url = `https://management.azure.com${path}?${parameters}`;
  const place = { url, method: request.method };
  const requested = { ...request, url, body: asBody(request.body) };
  const responded = { ...response, statusCode: String(response.statusCode), body: asBody(response.body) };
  const context = () => contextOf(path, url, request.method, version);
  const requestResult = await validator.validateLiveRequest(requested, {}, context());
  const responseResult = await validator.validateLiveResponse(responded, place, {}, context());
  const operation = responseResult.operationInfo?.operationId || 'unknown operation';
  // A request that was refused was meant to be wrong; its answer still has a shape.
  const isWrong = response.statusCode === 400 || (/^\/(v2|acr)\//.test(path) && response.statusCode === 404);
  const text = `${request.method} ${request.url} -> ${response.statusCode}`;
  const sides = [
    ['request', isWrong ? undefined : requestResult],
    ['response', responseResult],
  ] as const;
  const found = sides.flatMap(([side, outcome]) => {
    const failures = [
      ...(outcome?.errors ?? []),
      ...(outcome?.runtimeException ? [{ ...outcome.runtimeException, pathsInPayload: [] as string[] }] : []),
    ];
    return failures.map(({ code, message, pathsInPayload }) => {
      return { exchange: text, side, code: String(code), message, path: (pathsInPayload ?? []).join(' ') };
    });
  });
  return { operation, found };
}

/** The path as the validator finds its operation. */
function asMatched(path: string): string {
  // A repository's name may have slashes, of which the specification knows nothing.
  const named = /^(\/v2\/|\/acr\/v1\/)(.+?)((?:\/(?:manifests|blobs|tags|_tags|_manifests)(?:\/.*)?)?)$/.exec(path);
  if (named) return `${named[1]}${named[2]!.replaceAll('/', '%2F')}${named[3]}`;
  // The path of a resource's parent is one parameter; a resource of the first level has none.
  return path.replace(
    /(\/providers\/[^/]+)((?:\/[^/]+\/[^/]+)*)(\/[^/]+\/[^/]+\/providers\/Microsoft\.Authorization\/permissions)$/i,
    (_, provider: string, parent: string, rest: string) =>
      `${provider}/${parent ? parent.slice(1).replaceAll('/', '%2F') : '-'}${rest}`,
  );
}

/** The validator looks for a path that asks about a provider among that provider's own operations, where it does not stand. */
function contextOf(pathStr: string, requestUrl: string, requestMethod: string, apiVersion: string) {
  const context = { apiVersion, operationId: 'unknown operation' };
  if (!/\/providers\/[^/]+(\/(un)?register)?$/i.test(pathStr)) return context;
  const where = { host: 'management.azure.com', pathStr, requestUrl, query: {}, requestMethod: requestMethod.toLowerCase() as 'get' }; // prettier-ignore
  const unknown = { providerNamespace: 'microsoft.unknown', resourceType: '', apiVersion, correlationId: '', activityId: '' }; // prettier-ignore
  return { ...context, validationRequest: { ...where, ...unknown } };
}

const pathOf = ({ request }: RecordedExchange): string => request.url.split('?')[0]!.replace(/(.)\/+$/, '$1');

/** The validator's types know only objects. */
const asBody = (body: unknown): Record<string, unknown> | undefined => body as Record<string, unknown> | undefined;
