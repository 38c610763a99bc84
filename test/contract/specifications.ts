import type { RecordedExchange } from '../../local/azure/traffic/trafficRecorder';

/** An official specification against which exchanges are held. */
export interface Specification {
  readonly name: string;
  /** Beneath `specification/`. */
  readonly files: string;
  readonly version: string;
  /** Whether an exchange with this host, at this path, is one of its operations. */
  holds(host: string, path: string): boolean;
}

const provider = (name: string) => new RegExp(`/providers/${name.replace('.', '\\.')}(/|$)`, 'i');
const last = (path: string): string => /.*(\/providers\/.*)$/i.exec(path)?.[1] ?? path;
const ofProvider = (name: string) => (_host: string, path: string) => provider(name).test(last(path));
const ofResources = (host: string, path: string): boolean =>
  !isRegistry(host) &&
  (/^\/subscriptions\/[^/]+\/(resourceGroups(\/[^/]+(\/resources)?)?|resources|providers(\/[^/]+(\/register)?)?)$/i.test(path) ||
    ofProvider('Microsoft.Resources')(host, path)); // prettier-ignore
const isRegistry = (host: string): boolean => /\.azurecr\./.test(host);
const ofTasks = /\/registries\/[^/]+\/(listBuildSourceUploadUrl|scheduleRun|runs|taskRuns|tasks|agentPools)\b/i;

/** In this order: the first that holds an exchange is its own. Bodies of other versions that clients ask for are the same. */
export const specifications: readonly Specification[] = [
  {
    name: 'Resource groups, resources, providers, deployments',
    files: 'resources/resource-manager/**/stable/2021-04-01/*.json',
    version: '2021-04-01',
    holds: ofResources,
  },
  {
    name: 'Subscriptions and tenants',
    files: 'resources/resource-manager/**/stable/2022-12-01/*.json',
    version: '2022-12-01',
    holds: (_host, path) => /^\/(subscriptions(\/[^/]+(\/locations)?)?|tenants)$/i.test(path),
  },
  {
    name: 'Role assignments, role definitions, permissions',
    files: 'authorization/resource-manager/**/stable/2022-04-01/*.json',
    version: '2022-04-01',
    holds: ofProvider('Microsoft.Authorization'),
  },
  {
    name: 'Managed identities',
    files: 'msi/resource-manager/**/stable/2023-01-31/*.json',
    version: '2023-01-31',
    holds: ofProvider('Microsoft.ManagedIdentity'),
  },
  {
    name: 'Azure Machine Learning',
    files: 'machinelearningservices/resource-manager/**/stable/2024-04-01/*.json',
    version: '2024-04-01',
    holds: ofProvider('Microsoft.MachineLearningServices'),
  },
  {
    name: 'Container Instances',
    files: 'containerinstance/resource-manager/**/stable/2023-05-01/*.json',
    version: '2023-05-01',
    holds: ofProvider('Microsoft.ContainerInstance'),
  },
  {
    name: 'ACR Tasks',
    files: 'containerregistry/resource-manager/**/preview/2019-06-01-preview/*.json',
    version: '2019-06-01-preview',
    holds: (host, path) => ofProvider('Microsoft.ContainerRegistry')(host, path) && ofTasks.test(path),
  },
  {
    name: 'Container registries',
    files: 'containerregistry/resource-manager/**/stable/2023-07-01/*.json',
    version: '2023-07-01',
    holds: ofProvider('Microsoft.ContainerRegistry'),
  },
  {
    name: "The registries' data plane",
    files: 'containerregistry/data-plane/**/stable/2021-07-01/*.json',
    version: '2021-07-01',
    holds: isRegistry,
  },
  {
    name: 'Key Vault keys',
    files: 'keyvault/data-plane/**/stable/7.4/*.json',
    version: '7.4',
    holds: (host) => /\.vault\./.test(host),
  },
];

/** An exchange that no specification can judge, or a rule of one that the service itself does not keep; each with its reason. */
export interface Exception {
  readonly reason: string;
  readonly covers: (found: {
    readonly exchange: RecordedExchange;
    readonly path: string;
    /** Azure's code of the refusal, if it is one. */
    readonly refusal: string;
  }) => boolean;
}

/** Exchanges that are not held against any specification. */
export const unspecified: readonly Exception[] = [
  {
    reason: 'the state of a long-running operation, whose form each service makes for itself',
    covers: ({ path }) => /\/(mfeOperationResults|operations|operationResults|operationStatuses)\//i.test(path),
  },
  {
    reason: 'the version of ACR Tasks that acts as its caller (2025-03-01-preview), recorded from azure-cli, is not among the specifications', // prettier-ignore
    covers: ({ exchange }) => /\/scheduleRun\?.*api-version=2025-03-01-preview/i.test(exchange.request.url),
  },
  {
    reason: "the change of a job, by which Microsoft's own documentation waits for its end (how-to-devops-machine-learning), is not specified", // prettier-ignore
    covers: ({ exchange, path }) =>
      exchange.request.method === 'PATCH' && /\/workspaces\/[^/]+\/jobs\/[^/]+$/i.test(path),
  },
  {
    reason: 'the newest version of a key, which is asked for without one: the specification calls the version optional, but it is a part of the path', // prettier-ignore
    covers: ({ exchange, path }) =>
      /\.vault\./.test(exchange.host) && exchange.request.method === 'GET' && /^\/keys\/[^/]+$/.test(path),
  },
  {
    reason: "a refusal of the resource manager itself, before a provider sees the request: no provider's specification holds it", // prettier-ignore
    covers: ({ refusal }) =>
      /^(InvalidResource(Type|Namespace)|(Missing|Invalid)ApiVersionParameter|NoRegisteredProviderFound|ResourceNotFound|ResourceGroupNotFound|SubscriptionNotFound|(Invalid|Expired)AuthenticationToken\w*|AuthenticationFailed\w*)$/.test(refusal), // prettier-ignore
  },
  {
    reason: "what the OCI distribution specification has and ACR's own leaves out (tags, referrers, HEAD of a manifest, a range of a blob): OCI's conformance suite holds it", // prettier-ignore
    covers: ({ exchange: { request, response }, path }) =>
      /^\/v2\/(.+\/)?(tags\/list|referrers\/[^/]+|_catalog)$/.test(path) ||
      (request.method === 'HEAD' && /^\/v2\/.+\/manifests\/[^/]+$/.test(path)) ||
      (response.statusCode === 206 && path.startsWith('/v2/')),
  },
];

/** What the services have had since the specifications at hand. Source: azure-cli, test_acr_abac_build.yaml, test_container_create_with_acr.yaml. */
const newerProperties =
  /^\/?(value\/\d+\/)?properties\/(roleAssignmentMode|anonymousPullEnabled|networkRuleBypassAllowedForTasks|regionalEndpoints|endpointProtocol|metadataSearch|autoGeneratedDomainNameLabelScope|policies\/azureADAuthenticationAsArmPolicy|isCreatedFromStandbyPool|(provisioningTimeout|isCustomProvisioningTimeout)\w*|containers\/\d+\/properties\/configMap|imageRegistryCredentials\/\d+\/isDelegatedIdentity)$/;

/** Where the specifications themselves are stricter than the service and its own documentation. */
export const ownWays: ReadonlyArray<{
  readonly reason: string;
  readonly covers: (
    operation: string,
    found: { readonly side: 'request' | 'response'; readonly code: string; readonly path: string },
  ) => boolean;
}> = [
  {
    reason: "Azure ML's documentation gives `/` as the liveness and readiness route of its own inference server",
    covers: (operation, { code, path }) =>
      /^EnvironmentVersions_/.test(operation) && code === 'PATTERN' && /Route\/path/.test(path),
  },
  {
    reason: 'a registry whose admin user is disabled refuses with 400, while no refusal of this operation is specified',
    covers: (operation, { code }) => operation === 'Registries_ListCredentials' && code === 'INVALID_RESPONSE_CODE',
  },
  {
    reason: 'a step of a pipeline was recorded without properties (azure-ai-ml, test_pipeline_job_get_child_run)',
    covers: (operation, { side, path }) => operation === 'Jobs_Get' && side === 'response' && path === '/properties',
  },
  {
    reason: 'properties that newer versions have and azure-cli is recorded with',
    covers: (operation, { code, path }) =>
      /^(Registries|ContainerGroups)_/.test(operation) &&
      code === 'OBJECT_ADDITIONAL_PROPERTIES' &&
      path.split(' ').every((each) => newerProperties.test(each)),
  },
  {
    reason: 'the start of an upload is specified only as a mount, whose two parameters a plain upload has not (OCI distribution specification, "Pushing blobs")', // prettier-ignore
    covers: (operation, { code, path }) =>
      operation === 'ContainerRegistryBlob_MountBlob' &&
      (/^\/query\/(from|mount)$/.test(path) || code === 'INVALID_RESPONSE_CODE'),
  },
  {
    reason: 'an upload goes on where the registry has said, which is specified as one parameter of any path',
    covers: (_operation, { path }) => path === '/path/nextBlobUuidLink',
  },
  {
    reason: "manifests are specified only with Docker's media types, and with a body in the answer to a PUT; OCI's have their own, and none (OCI distribution specification)", // prettier-ignore
    covers: (operation, { code, path }) =>
      /^ContainerRegistry_(Get|Create)Manifest$/.test(operation) &&
      (code === 'INVALID_CONTENT_TYPE' || (code === 'INVALID_RESPONSE_BODY' && path === '/body')),
  },
  {
    reason: 'the bytes of a manifest or a blob are not recorded',
    covers: (operation, { side, path }) =>
      /^ContainerRegistry(Blob)?_/.test(operation) && side === 'request' && path === '/body',
  },
  {
    reason: 'the last page of subscriptions or tenants has no link to a next one, and the first counts them, as recorded (azure-cli)', // prettier-ignore
    covers: (operation, { path }) =>
      /^(Subscriptions|Tenants)_List$/.test(operation) && /^\/(nextLink|count)$/.test(path),
  },
  {
    reason: "a manifest's media types are shown by `az acr manifest list-metadata`, and not specified",
    covers: (operation, { path }) => /Manifest/.test(operation) && /\/(mediaType|configMediaType)$/.test(path),
  },
  {
    reason: 'the validator takes the list of repositories for a repository named _catalog as well',
    covers: (_operation, { code }) => code === 'MULTIPLE_OPERATIONS_FOUND',
  },
  {
    reason: 'ACR Tasks answers `linux` where `Linux` is specified (the output of `az acr build` shows it)',
    covers: (_operation, { side, code }) => side === 'response' && code === 'ENUM_CASE_MISMATCH',
  },
];
