import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import * as internal from 'azure-pipelines-task-lib/internal';
import { endpointEnvironment, inputEnvironment } from '../../local/agent/taskEnvironment';
import type { ServiceEndpoint } from '../../local/serviceEndpoint';
import { InputReader } from '../../tasks/common/task/inputReader';

/** A connection with every field that a task asks for, to an Azure that is nowhere. */
export const someConnection: ServiceEndpoint = {
  id: '0a1b2c3d-0000-4000-8000-000000000009',
  name: 'my-connection',
  type: 'azurerm',
  url: 'https://management.azure.com/',
  auth: {
    scheme: 'WorkloadIdentityFederation',
    parameters: { tenantid: '72000000-0000-4000-8000-000000000001', serviceprincipalid: 'an-id' },
  },
  data: { subscriptionid: '72000000-0000-4000-8000-000000000003', environment: 'AzureCloud' },
};

/** A connection to a registry outside Azure. */
export const someRegistryConnection: ServiceEndpoint = {
  id: '0a1b2c3d-0000-4000-8000-000000000010',
  name: 'my-registry',
  type: 'dockerregistry',
  url: 'https://registry.example.com/',
  auth: {
    scheme: 'UsernamePassword',
    parameters: { registry: 'https://registry.example.com/', username: 'reader', password: 'password-1' },
  },
  data: { registrytype: 'Others' },
};

export interface AgentInputs {
  inputs: Record<string, string>;
  /** Files that the job finds, by path relative to its working directory. */
  files?: Record<string, string>;
  endpoints?: ServiceEndpoint[];
}

/**
 * Reads inputs as a task does that the agent started: from task-lib, which takes them from the environment when it loads.
 * @returns what was read; each problem, one an element; and the warnings
 */
export async function readAsAgent<Inputs>(
  read: (reader: InputReader) => Inputs | Promise<Inputs>,
  { inputs, files = {}, endpoints = [someConnection, someRegistryConnection] }: AgentInputs,
): Promise<{ inputs: Inputs; problems: string[]; warnings: readonly string[] }> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'inputs-'));
  const before = { ...process.env };
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    Object.assign(process.env, inputEnvironment(inputs), endpointEnvironment(endpoints), {
      AGENT_TEMPDIRECTORY: folder,
      SYSTEM_DEFAULTWORKINGDIRECTORY: folder,
      BUILD_SOURCESDIRECTORY: folder,
    });
    internal._setStdStream(new PassThrough().resume());
    internal._loadData();
    const reader = new InputReader();
    const result = await read(reader);
    return { inputs: result, problems: problemsOf(reader), warnings: reader.warnings };
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    internal._setStdStream(process.stdout);
    rmSync(folder, { recursive: true });
  }
}

function problemsOf(reader: InputReader): string[] {
  try {
    reader.finish();
    return [];
  } catch (error) {
    const { message } = error as Error;
    return message.includes(' inputs are wrong:\n') ? message.split('\n  - ').slice(1) : [message];
  }
}
