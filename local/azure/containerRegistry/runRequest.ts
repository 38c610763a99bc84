import { ArmError } from '../context';
import type { DockerBuildRequest, EncodedTaskRunRequest, GivenValue, RunRequest, RunTerms } from './taskRun';
import { valueText } from '../valueText';

/** What only the run itself may know. */
export interface RunSecrets {
  /** Build arguments, or values of a task, by name. */
  values: Record<string, string>;
  /** By login server. */
  registries: Record<string, { username: string; password: string }>;
}

interface Body {
  type?: unknown;
  dockerFilePath?: unknown;
  sourceLocation?: unknown;
  imageNames?: unknown;
  isPushEnabled?: unknown;
  noCache?: unknown;
  target?: unknown;
  timeout?: unknown;
  platform?: { os?: unknown; architecture?: unknown; variant?: unknown };
  arguments?: unknown;
  encodedTaskContent?: unknown;
  encodedValuesContent?: unknown;
  values?: unknown;
  agentConfiguration?: { cpu?: number };
  agentPoolName?: unknown;
  isArchiveEnabled?: unknown;
  credentials?: {
    sourceRegistry?: SourceRegistry;
    customRegistries?: Record<string, { userName?: Secret; password?: Secret; identity?: string } | null>;
  };
}

interface SourceRegistry {
  loginMode?: unknown;
  identity?: unknown;
}

interface Secret {
  type?: string;
  value?: string;
}

const architectures = ['amd64', 'x86', '386', 'arm', 'arm64'];
const types = ['DockerBuildRequest', 'EncodedTaskRunRequest'];
const otherTypes = ['FileTaskRunRequest', 'TaskRunRequest'];
const imageName = /^(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w{][\w.{}-]{0,127})?$/;

const refuse = (message: string): never => {
  throw new ArmError(400, 'InvalidRequestContent', message);
};

/**
 * Checks a run's request, the body of scheduleRun or within that of a task run, as ACR does, and separates what is secret. Source: azure-specs 2019-06-01-preview.
 */
export function readRunRequest(body: unknown, apiVersion: string): { request: RunRequest; secrets: RunSecrets } {
  if (typeof body !== 'object' || body === null) return refuse('The request content is missing.');
  const given = body as Body;
  const { type } = given;
  if (typeof type === 'string' && otherTypes.includes(type))
    return refuse(`Local Azure only carries out runs of the types ${types.map((each) => `'${each}'`).join(' and ')}, not '${type}'.`); // prettier-ignore
  if (typeof type !== 'string' || !types.includes(type))
    return refuse(`The run request's type '${valueText(type)}' is invalid: it must be ${types.map((each) => `'${each}'`).join(' or ')}.`); // prettier-ignore
  const secrets: RunSecrets = { values: {}, registries: readLogins(given) };
  const terms = readTerms(given, apiVersion, Object.keys(secrets.registries));
  const request = type === 'DockerBuildRequest' ? readBuild(given, terms, secrets) : readTask(given, terms, secrets);
  return { request, secrets };
}

function readTerms(given: Body, apiVersion: string, customRegistries: string[]): RunTerms {
  const { timeout = 3600, agentConfiguration } = given;
  const platform = readPlatform(given.platform);
  if (typeof timeout !== 'number' || timeout < 300 || timeout > 28800) {
    return refuse(`The timeout '${valueText(timeout)}' is invalid. It must be between 300 and 28800 seconds.`);
  }
  if (given.agentPoolName) return refuse(`The agent pool '${valueText(given.agentPoolName)}' was not found.`);
  return {
    timeout,
    platform,
    agentConfiguration,
    ...readSourceLogin(given.credentials?.sourceRegistry ?? {}, apiVersion),
    isArchiveEnabled: flag(given, 'isArchiveEnabled', false),
    customRegistries,
  };
}

function readPlatform(platform: Body['platform']): RunTerms['platform'] {
  if (typeof platform?.os !== 'string') return refuse("The property 'platform.os' is required.");
  if (platform.os.toLowerCase() === 'windows') return refuse('Local Azure builds images only for Linux.');
  if (platform.os.toLowerCase() !== 'linux') return refuse(`The platform OS '${platform.os}' is invalid.`);
  const architecture = platform.architecture ?? 'amd64';
  if (typeof architecture !== 'string' || !architectures.includes(architecture.toLowerCase())) {
    return refuse(
      `The platform architecture '${valueText(architecture)}' is invalid. It must be one of ${architectures.join(', ')}.`,
    );
  }
  return { os: 'linux', architecture: architecture.toLowerCase(), variant: platform.variant as string | undefined };
}

/** How the run signs in to the registry that it is of. */
function readSourceLogin(
  { loginMode, identity }: SourceRegistry,
  apiVersion: string,
): Pick<RunTerms, 'sourceRegistryLogin' | 'actsAsCaller'> {
  const mode = loginMode ?? 'Default';
  if (mode !== 'None' && mode !== 'Default') return refuse(`The login mode '${valueText(mode)}' is invalid.`);
  if (identity !== undefined && identity !== null && (identity !== '[caller]' || apiVersion < '2025-03-01')) {
    return refuse(`The identity '${valueText(identity)}' of the source registry is invalid.`);
  }
  return { sourceRegistryLogin: mode, actsAsCaller: identity === '[caller]' };
}

function readBuild(given: Body, terms: RunTerms, secrets: RunSecrets): DockerBuildRequest {
  const imageNames = (given.imageNames ?? []) as unknown[];
  if (!Array.isArray(imageNames)) return refuse("The property 'imageNames' must be a list.");
  for (const name of imageNames) {
    if (typeof name !== 'string' || !imageName.test(name)) refuse(`The image name '${valueText(name)}' is invalid.`);
  }
  return {
    type: 'DockerBuildRequest',
    ...terms,
    dockerFilePath: text(given, 'dockerFilePath'),
    sourceLocation: text(given, 'sourceLocation'),
    imageNames: imageNames as string[],
    isPushEnabled: flag(given, 'isPushEnabled', true),
    noCache: flag(given, 'noCache', false),
    target: given.target ? text(given, 'target') : undefined,
    arguments: readValues(given.arguments, 'build argument', secrets),
  };
}

function readTask(given: Body, terms: RunTerms, secrets: RunSecrets): EncodedTaskRunRequest {
  return {
    type: 'EncodedTaskRunRequest',
    ...terms,
    encodedTaskContent: text(given, 'encodedTaskContent'),
    encodedValuesContent: given.encodedValuesContent ? text(given, 'encodedValuesContent') : undefined,
    values: readValues(given.values, 'value', secrets),
    sourceLocation: given.sourceLocation ? text(given, 'sourceLocation') : undefined,
  };
}

function readValues(given: unknown, what: string, secrets: RunSecrets): GivenValue[] {
  const entries = (given ?? []) as Array<{ name?: unknown; value?: unknown; isSecret?: unknown }>;
  return entries.map(({ name, value, isSecret }) => {
    if (typeof name !== 'string' || !name || typeof value !== 'string') {
      return refuse(`Every ${what} needs a name and a value, which are texts.`);
    }
    if (isSecret !== true) return { name, value, isSecret: false };
    secrets.values[name] = value;
    return { name, isSecret: true };
  });
}

function readLogins(given: Body): RunSecrets['registries'] {
  const logins: RunSecrets['registries'] = {};
  for (const [server, login] of Object.entries(given.credentials?.customRegistries ?? {})) {
    const { userName, password } = login ?? {};
    if (userName?.type === 'Vaultsecret' || password?.type === 'Vaultsecret' || login?.identity) {
      refuse(`Local Azure signs in to '${server}' only with user name and password (type Opaque).`);
    }
    if (!userName?.value || !password?.value)
      return refuse(`The registry '${server}' needs a user name and a password.`);
    logins[server] = { username: userName.value, password: password.value };
  }
  return logins;
}

function text(given: Body, name: keyof Body): string {
  const value = given[name];
  return typeof value === 'string' && value
    ? value
    : refuse(`The property '${name}' is required and must not be empty.`);
}

function flag(given: Body, name: keyof Body, standard: boolean): boolean {
  const value = given[name] ?? standard;
  return typeof value === 'boolean' ? value : refuse(`The property '${name}' must be true or false.`);
}
