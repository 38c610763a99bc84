import path from 'node:path';
import type { ServiceEndpoint } from '../serviceEndpoint';
import { environmentName, type Variables } from './variables';

/** Names that only an agent may set; those of the process that plays the agent must not reach a task. */
const agentNames =
  /^(INPUT_|ENDPOINT_|SECRET_|SECUREFILE_|VSTS_|AGENT_|BUILD_|RELEASE_|SYSTEM_|npm_|NODE_OPTIONS$|TF_BUILD$)/i;

/** The environment that a step inherits: the agent's own, without what names another run. */
export function inheritedEnvironment(own: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const kept = Object.entries(own).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !agentNames.test(entry[0]),
  );
  const environment = Object.fromEntries(kept);
  // npm puts the tools of this project first; a step must find the machine's.
  const folders = (environment.PATH ?? '').split(path.delimiter);
  environment.PATH = folders.filter((folder) => !/node_modules[\\/]/.test(folder)).join(path.delimiter);
  return environment;
}

/** Public variables under their environment names; secret ones only where a task asks for them by `SECRET_<NAME>`. */
export function variableEnvironment(variables: Variables, { secrets }: { secrets: boolean }): Record<string, string> {
  const environment: Record<string, string> = {};
  const all = variables.list();
  const open = all.filter((variable) => !variable.secret);
  const hidden = all.filter((variable) => variable.secret);
  for (const { name, value, preserveCase } of open) {
    // The agent adds its job status under the plain name too.
    if (name.toLowerCase() === 'agent.jobstatus') environment[name] = value;
    environment[environmentName(name, preserveCase)] = value;
  }
  environment.VSTS_PUBLIC_VARIABLES = JSON.stringify(open.map(({ name }) => name));
  if (secrets) {
    for (const { name, value, preserveCase } of hidden) {
      environment[`SECRET_${environmentName(name, preserveCase)}`] = value;
    }
    environment.VSTS_SECRET_VARIABLES = JSON.stringify(hidden.map(({ name }) => name));
  }
  return environment;
}

export function inputEnvironment(inputs: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${environmentName(name)}`, value]));
}

/** Service connections that a task may use. The system connection goes by its name and has no data (Handler.cs). */
export function endpointEnvironment(endpoints: ServiceEndpoint[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const endpoint of endpoints) {
    const system = isSystemConnection(endpoint);
    const key = system ? 'SYSTEMVSSCONNECTION' : endpoint.id;
    environment[`ENDPOINT_URL_${key}`] = endpoint.url;
    environment[`ENDPOINT_AUTH_${key}`] = JSON.stringify(endpoint.auth);
    environment[`ENDPOINT_AUTH_SCHEME_${key}`] = endpoint.auth.scheme;
    for (const [name, value] of Object.entries(endpoint.auth.parameters)) {
      environment[`ENDPOINT_AUTH_PARAMETER_${key}_${environmentName(name)}`] = value;
    }
    if (system) continue;
    environment[`ENDPOINT_DATA_${key}`] = JSON.stringify(endpoint.data);
    for (const [name, value] of Object.entries(endpoint.data)) {
      environment[`ENDPOINT_DATA_${key}_${environmentName(name)}`] = value;
    }
  }
  return environment;
}

export function taskVariableEnvironment(taskVariables: Variables): Record<string, string> {
  return Object.fromEntries(
    taskVariables
      .list()
      .map(({ name, value, preserveCase }) => [`VSTS_TASKVARIABLE_${environmentName(name, preserveCase)}`, value]),
  );
}

/** Puts the folders that steps asked for by `task.prependpath` before PATH. */
export function prependToPath(environment: Record<string, string>, folders: string[]): void {
  if (folders.length > 0) environment.PATH = [...folders, environment.PATH ?? ''].join(path.delimiter);
}

export function isSystemConnection(endpoint: ServiceEndpoint): boolean {
  return endpoint.name.toLowerCase() === 'systemvssconnection';
}

/** The connection of a job to its server, by whose token a task asks for an OIDC assertion. */
export function systemConnection(url: string, accessToken: string): ServiceEndpoint {
  return {
    id: '00000000-0000-0000-0000-000000000000',
    name: 'SystemVssConnection',
    type: 'Generic',
    url,
    auth: { scheme: 'OAuth', parameters: { AccessToken: accessToken } },
    data: {},
  };
}
