import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as TaskLib from 'azure-pipelines-task-lib/task';
import sinon from 'sinon';
import { root } from '../../scripts/taskManifest';
import { InputReader } from '../../tasks/common/task/inputReader';

const tl = createRequire(__filename)('azure-pipelines-task-lib/task') as typeof TaskLib;

/** What the agent knows of the service connection of every such reading. */
export interface AgentConnection {
  /** Data parameters, such as resourceGroupName. */
  readonly data?: Readonly<Record<string, string>>;
}

export interface ReadInputs<Inputs> {
  readonly inputs: Inputs;
  /** What is wrong, an entry for each input: "input: problem". */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

interface Manifest {
  inputs: Array<{ name: string; defaultValue?: string }>;
}

/**
 * Reads a task's inputs as its agent hands them over: what is left out has the default of task.json. A service connection is that
 * of a managed identity.
 */
export function readTaskInputs<Inputs>(
  task: string,
  read: (reader: InputReader) => Inputs,
  given: Readonly<Record<string, string>>,
  { data = {} }: AgentConnection = {},
): ReadInputs<Inputs> {
  const manifest = JSON.parse(readFileSync(join(root, 'tasks', task, 'task.json'), 'utf8')) as Manifest;
  const defaults = manifest.inputs.map(({ name, defaultValue }) => [name, defaultValue ?? '']);
  const texts = { ...(Object.fromEntries(defaults) as Record<string, string>), ...given };
  const sandbox = sinon.createSandbox();
  try {
    sandbox.stub(tl, 'getInput').callsFake((name) => texts[name]);
    sandbox.stub(tl, 'filePathSupplied').callsFake((name) => Boolean(texts[name]));
    sandbox.stub(tl, 'setSecret');
    sandbox.stub(tl, 'getEndpointUrl').returns('https://management.azure.com/');
    sandbox.stub(tl, 'getEndpointAuthorizationScheme').returns('ManagedServiceIdentity');
    sandbox.stub(tl, 'getEndpointAuthorizationParameter').returns('');
    sandbox
      .stub(tl, 'getEndpointDataParameter')
      .callsFake((_, key) => ({ subscriptionid: 'subscription-1', ...data })[key]);
    const reader = new InputReader();
    const problems: string[] = [];
    sandbox.stub(reader, 'problem').callsFake((name, problem) => void problems.push(`${name}: ${problem}`));
    return { inputs: read(reader), problems, warnings: reader.warnings };
  } finally {
    sandbox.restore();
  }
}
