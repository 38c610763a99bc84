import { randomUUID } from 'node:crypto';
import { findIgnoringCase } from '../ignoringCase';
import { organizationOf } from '../organization/organizationOf';
import { taskEventRoutes } from '../organization/routes';
import { TaskEvents } from '../organization/taskEvents';
import type { StepContext } from '../stepContext';
import type { TaskDefinition } from '../taskDefinition';
import { endpointsOf, resolveInputs } from '../taskInputs';
import type { Variables } from '../variables';
import { connectionToken, type SignIn } from './connectionToken';
import { expandTemplate, type RequestTemplate } from './requestTemplate';
import { send } from './send';
import { meetsCriteria } from './successCriteria';

export interface ServerTaskOptions extends SignIn {
  task: TaskDefinition;
  inputs: Record<string, string>;
}

/** The request of a task that the server runs itself; undefined for one that an agent runs. */
export function serverRequest(task: TaskDefinition): RequestTemplate | undefined {
  const execution = task.execution as { HttpRequest?: { Execute: RequestTemplate } } | undefined;
  return execution?.HttpRequest?.Execute;
}

/**
 * Runs a task as Azure DevOps' server does, without an agent: sends its one request and judges the answer, or waits until
 * somebody says that the task has ended. Throws where the task fails.
 */
export async function runServerTask(
  context: StepContext,
  options: ServerTaskOptions,
  signal: AbortSignal,
): Promise<void> {
  const { accessToken = randomUUID() } = options;
  const events = new TaskEvents();
  const organization = organizationOf(context, accessToken, taskEventRoutes(events));
  try {
    const variables = serverVariables(context.options.variables, await organization.start(), accessToken);
    await runRequest(context, options, variables, events, signal);
  } finally {
    organization.stop();
  }
}

async function runRequest(
  context: StepContext,
  { task, inputs, ...signIn }: ServerTaskOptions,
  variables: Variables,
  events: TaskEvents,
  signal: AbortSignal,
): Promise<void> {
  const template = serverRequest(task)!;
  const { endpoints } = context.options;
  const values = resolveInputs(task, inputs, { variables, endpoints, rootFolder: '/' });
  // An input that names a connection is resolved to its id.
  const withoutEndpoint = (text: string): string =>
    expandTemplate(text, (name) => findIgnoringCase(values, name) ?? variables.get(name));
  const [endpoint] = endpointsOf(withoutEndpoint(template.EndpointId), endpoints);
  const lookup = (name: string): string | undefined => {
    const field = name.replace(/^endpoint\./i, '');
    const ofEndpoint = field.toLowerCase() === 'url' ? endpoint?.url : findIgnoringCase(endpoint?.data ?? {}, field);
    if (field !== name) return ofEndpoint;
    return findIgnoringCase(values, name) ?? variables.get(name) ?? ofEndpoint;
  };
  const expanded = (part: keyof RequestTemplate): string => expandTemplate(template[part], lookup);

  const isAwaited = expanded('WaitForCompletion').toLowerCase() === 'true';
  const end = isAwaited ? events.endOf(variables.get('System.TaskInstanceId')!) : undefined;
  const url = expanded('EndpointUrl');
  const headers = JSON.parse(expanded('Headers') || '{}') as Record<string, string>;
  if (endpoint) headers.Authorization = `Bearer ${await connectionToken(endpoint, signIn)}`;
  context.write(`${template.Method} ${url}`);
  const body = expanded('Body');
  const answer = await send({ url, method: template.Method, headers, body, caFile: signIn.caFile, signal });
  context.write(`Response Code: ${answer.status}`);
  context.write(`Response: ${answer.text}`);
  if (answer.status < 200 || answer.status >= 300) {
    throw new Error(`The remote server returned an error: ${answer.status}.`);
  }
  if (end) return follow(context, end, signal);
  const expression = expanded('Expression');
  if (expression !== '' && !meetsCriteria(expression, JSON.parse(answer.text))) {
    throw new Error(`Evaluation of expression '${expression}' failed.`);
  }
}

async function follow(context: StepContext, end: Promise<string>, signal: AbortSignal): Promise<void> {
  context.write('Waits for the end, without an agent.');
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('The operation was canceled.')), { once: true });
  });
  const result = await Promise.race([end, stopped]);
  context.write(`The task was ended from outside: ${result}.`);
  // A task that was cancelled from outside ends its job as a failed one does.
  if (result !== 'succeeded')
    throw new Error(`What the task waited for has ${result === 'canceled' ? 'been canceled' : 'failed'}.`);
}

/** The server gives each task an instance of its own, and the address by which others may end it. */
function serverVariables(job: Variables, url: string, accessToken: string): Variables {
  const variables = job.copy();
  for (const name of ['System.CollectionUri', 'System.TeamFoundationCollectionUri']) {
    variables.set(name, url);
  }
  variables.set('System.TaskInstanceId', randomUUID());
  variables.set('System.AccessToken', accessToken, { secret: true });
  return variables;
}
