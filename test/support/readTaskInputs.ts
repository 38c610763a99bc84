import { readTask } from '../../scripts/taskManifest';
import type { InputReader } from '../../tasks/common/task/inputReader';
import { readAsAgent, someConnection, someRegistryConnection } from './agentInputs';

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

/** Reads a task's inputs as its agent hands them over: what is left out has the default of task.json. */
export async function readTaskInputs<Inputs>(
  task: string,
  read: (reader: InputReader) => Inputs | Promise<Inputs>,
  given: Readonly<Record<string, string>>,
  { data = {} }: AgentConnection = {},
): Promise<ReadInputs<Inputs>> {
  const defaults = readTask(task).inputs.map(({ name, defaultValue }) => [name, String(defaultValue ?? '')]);
  const inputs = { ...(Object.fromEntries(defaults) as Record<string, string>), ...given };
  const connection = { ...someConnection, id: given.azureSubscription ?? someConnection.id };
  const endpoints = [{ ...connection, data: { subscriptionid: 'subscription-1', ...data } }, someRegistryConnection];
  const { problems, ...rest } = await readAsAgent(read, { inputs, endpoints });
  return { ...rest, problems: problems.map((each) => each.replace(/^Input /, '')) };
}
