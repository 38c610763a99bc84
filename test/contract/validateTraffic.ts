import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LiveValidator } from 'oav';
import type { RecordedExchange } from '../../local/azure/traffic/trafficRecorder';

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
  violations: Violation[];
}

/** The version of the specification that each provider's exchanges are held against; bodies of other versions are the same. */
const specifiedVersions: Array<[RegExp, string]> = [
  [/\/providers\/Microsoft\.MachineLearningServices\//i, '2024-04-01'],
  [/\/providers\/Microsoft\.ContainerInstance\//i, '2023-05-01'],
  [
    /\/registries\/[^/]+\/(listBuildSourceUploadUrl|scheduleRun|runs|taskRuns|tasks|agentPools)\b/i,
    '2019-06-01-preview',
  ],
  [/\/providers\/Microsoft\.ContainerRegistry\//i, '2023-07-01'],
];

/**
 * What the specifications do not hold: the status of a long-running operation, which each service makes for itself, and the
 * role assignments that lie beneath a resource of a specified provider.
 */
const unspecified =
  /\/(mfeOperationResults|operations|operationResults|operationStatuses)\/|\/providers\/Microsoft\.Authorization\//i;

/** What the resource manager itself answers before a provider sees a request: no provider's specification holds it. */
const resourceManagersOwn =
  /^(InvalidResource(Type|Namespace)|(Missing|Invalid)ApiVersionParameter|ResourceNotFound|ResourceGroupNotFound|SubscriptionNotFound)$/;

/** What the service has had since the specification at hand. Source: azure-cli, test_acr_abac_build.yaml. */
const newerProperties =
  /^\/?(value\/\d+\/)?properties\/(roleAssignmentMode|anonymousPullEnabled|networkRuleBypassAllowedForTasks)$/;

/** Where the specifications themselves are stricter than the service and its own documentation. */
function isServiceOwnWay(operation: string, side: Violation['side'], code: string, path: string): boolean {
  // Azure ML's documentation gives `/` as the liveness and readiness route of its own inference server.
  if (/^EnvironmentVersions_/.test(operation) && code === 'PATTERN' && /Route\/path/.test(path)) return true;
  // A registry whose admin user is disabled refuses with 400, while the specification names no refusal of this operation.
  if (operation === 'Registries_ListCredentials' && code === 'INVALID_RESPONSE_CODE') return true;
  // A step of a pipeline was recorded without properties (azure-ai-ml, test_pipeline_job_get_child_run).
  if (operation === 'Jobs_Get' && side === 'response' && path === '/properties') return true;
  const isNewer = path.split(' ').every((each) => newerProperties.test(each));
  if (/^Registries_/.test(operation) && code === 'OBJECT_ADDITIONAL_PROPERTIES' && isNewer) return true;
  // ACR Tasks answers `linux` where the specification writes `Linux` (the output of `az acr build` shows it).
  return side === 'response' && code === 'ENUM_CASE_MISMATCH';
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
export async function validateTraffic(file: string, specifications: string): Promise<TrafficReport> {
  const validator = new LiveValidator({
    fileRoot: specifications,
    directory: specifications,
    git: { shouldClone: false, url: '' },
    swaggerPathsPattern: [
      'specification/machinelearningservices/resource-manager/**/stable/2024-04-01/*.json',
      'specification/containerinstance/resource-manager/**/stable/2023-05-01/*.json',
      'specification/containerregistry/resource-manager/**/preview/2019-06-01-preview/*.json',
      'specification/containerregistry/resource-manager/**/stable/2023-07-01/*.json',
    ],
    excludedSwaggerPathsPattern: ['**/examples/**'],
  });
  await validator.initialize();
  const report: TrafficReport = { checked: {}, violations: [] };
  const seen = new Set<string>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (!line) continue;
    const exchange = JSON.parse(line) as RecordedExchange;
    const specified = withSpecifiedVersion(exchange);
    if (!specified) continue;
    const { method, url } = exchange.request;
    const result = await validator.validateLiveRequestResponse({
      liveRequest: { ...specified.request, body: asBody(specified.request.body) },
      liveResponse: {
        ...specified.response,
        statusCode: String(specified.response.statusCode),
        body: asBody(specified.response.body),
      },
    });
    const operation = result.responseValidationResult.operationInfo?.operationId || 'unknown operation';
    report.checked[operation] = (report.checked[operation] ?? 0) + 1;
    // A request that was refused was meant to be wrong; its answer still has a shape.
    const refused = exchange.response.statusCode === 400;
    for (const [side, outcome] of [
      ['request', refused ? undefined : result.requestValidationResult],
      ['response', result.responseValidationResult],
    ] as const) {
      const failures = [
        ...(outcome?.errors ?? []),
        ...(outcome?.runtimeException ? [{ ...outcome.runtimeException, pathsInPayload: [] as string[] }] : []),
      ];
      for (const { code, message, pathsInPayload } of failures) {
        const path = (pathsInPayload ?? []).join(' ');
        const key = [operation, side, code, path.replace(/\d+/g, '#'), message].join('|');
        if (seen.has(key) || isServiceOwnWay(operation, side, String(code), path)) continue;
        seen.add(key);
        const text = `${method} ${url} -> ${exchange.response.statusCode}`;
        report.violations.push({ exchange: text, side, code: String(code), message, path });
      }
    }
  }
  return report;
}

/** The exchange with the api-version that its provider is held against; undefined if no specification covers it. */
function withSpecifiedVersion(exchange: RecordedExchange): RecordedExchange | undefined {
  const { url } = exchange.request;
  // The version of ACR Tasks that acts as its caller is in no specification here.
  if (/\/scheduleRun\?.*api-version=2025-03-01-preview/i.test(url)) return undefined;
  const { error } = (exchange.response.body ?? {}) as { error?: { code?: string } };
  if (resourceManagersOwn.test(error?.code ?? '')) return undefined;
  const version = specifiedVersions.find(([pattern]) => pattern.test(url))?.[1];
  if (!version || unspecified.test(url)) return undefined;
  const absolute = `https://management.azure.com${url.replace(/([?&]api-version=)[^&]*/i, `$1${version}`)}`;
  return { ...exchange, request: { ...exchange.request, url: absolute } };
}

/** The validator's types know of objects alone. */
const asBody = (body: unknown): Record<string, unknown> | undefined => body as Record<string, unknown> | undefined;
