import * as path from 'node:path';
import * as tl from 'azure-pipelines-task-lib/task';
import type { ServiceConnection } from '../azure/http/serviceConnection';
import { systemClock } from '../clock';
import { foreignText } from '../foreignText';
import { Secret } from '../secret';
import { TaskFailure } from '../taskFailure';
import { helpLink } from '../troubleshooting';
import { agentLog } from './agentLog';
import { readNetworkSettings } from './agentNetwork';
import { readPipeline } from './agentPipeline';
import { cancellation, Cancelled, endWithTheAgent } from './cancellation';
import { InputReader } from './inputReader';
import { agentPublisher } from './publisher';
import { registerSecret } from './registerSecret';
import type { StageResult, TaskContext } from './taskContext';
import { messageOf } from '../messageOf';

/** The plain job variable by which a task hands the record's file to the next one of its job. */
const recordVariable = 'mlops.recordFile';

/**
 * Runs a task: reads and checks its inputs, runs its stage, sets its outputs and its result. It holds the only try/catch
 * that ends a task. The agent wants exit code 0 whatever the result is.
 * @param loadStage is called when the inputs are right, so that a task says what is wrong with them before it has loaded the rest
 */
export async function runTask<Inputs>(
  name: string,
  readInputs: (reader: InputReader) => Inputs | Promise<Inputs>,
  loadStage: () => Promise<(inputs: Inputs, context: TaskContext) => Promise<StageResult>>,
): Promise<void> {
  endWithTheAgent();
  const stop = cancellation();
  try {
    const inputs = await readChecked(readInputs, (warning) => agentLog.warning(warning));
    const [stage, context] = await Promise.all([loadStage(), createContext(stop.signal)]);
    const result = await stage(inputs, context);
    if (result.recordFile) {
      const { leaveModelCard } = await import('./leaveModelCard');
      await leaveModelCard(result.recordFile, context);
      context.publish.record(result.recordFile);
    }
    finish(name, result);
  } catch (error) {
    fail(name, error);
  } finally {
    stop.dispose();
  }
}

/**
 * Runs a task's post-job step. It cleans up after a main step that could not; it never fails the job: what goes wrong is
 * a warning.
 */
export async function runPostJob<Inputs>(
  readInputs: (reader: InputReader) => Inputs,
  loadCleanUp: () => Promise<(inputs: Inputs, context: TaskContext) => Promise<void>>,
): Promise<void> {
  endWithTheAgent();
  const stop = cancellation();
  try {
    const inputs = await readChecked(readInputs);
    const [cleanUp, context] = await Promise.all([loadCleanUp(), createContext(stop.signal)]);
    await cleanUp(inputs, context);
  } catch (error) {
    agentLog.warning(messageOf(error));
    // What could not be ended may cost money: the step shows its warning in the list of steps too.
    tl.setResult(tl.TaskResult.SucceededWithIssues, '', true);
  } finally {
    stop.dispose();
  }
}

/** @param warn is left out by the post-job step, which reads the same inputs again */
async function readChecked<Inputs>(
  readInputs: (reader: InputReader) => Inputs | Promise<Inputs>,
  warn?: (warning: string) => void,
): Promise<Inputs> {
  const reader = new InputReader();
  const inputs = await readInputs(reader);
  if (warn) reader.warnings.forEach(warn);
  reader.finish();
  return inputs;
}

async function createContext(signal: AbortSignal): Promise<TaskContext> {
  const { AzureSession } = await import('../azure/http/session');
  const pipeline = readPipeline();
  const network = readNetworkSettings();
  return {
    network,
    log: agentLog,
    clock: systemClock,
    signal,
    pipeline,
    publish: agentPublisher(pipeline, { log: agentLog, network, signal }),
    state: {
      get: (key) => tl.getTaskVariable(key) || undefined,
      set: (key, value, secret) => tl.setTaskVariable(key, value, secret),
    },
    jobSecrets: {
      get: (key) => {
        const value = tl.getVariable(key);
        return value ? new Secret(value) : undefined;
      },
      set: (key, value) => tl.setVariable(key, value.reveal(), true),
    },
    recordVariable: tl.getVariable(recordVariable) || undefined,
    azure: (connection: ServiceConnection) => new AzureSession(connection, network, registerSecret),
    secret: registerSecret,
  };
}

function finish(name: string, { outputs, outcome = 'succeeded', reason = '', recordFile }: StageResult): void {
  for (const [key, value] of Object.entries(outputs))
    if (value !== undefined) tl.setVariable(key, neutral(value), false, true);
  if (recordFile) {
    tl.setVariable('recordFile', path.resolve(recordFile), false, true);
    tl.setVariable(recordVariable, path.resolve(recordFile));
  }
  if (outcome === 'succeeded') tl.setResult(tl.TaskResult.Succeeded, '', true);
  else if (outcome === 'failed') tl.setResult(tl.TaskResult.Failed, foreignText(reason || `${name} failed.`), true);
  else tl.setResult(tl.TaskResult.SucceededWithIssues, foreignText(reason), true);
}

function fail(name: string, error: unknown): void {
  const known = error instanceof TaskFailure || error instanceof Cancelled;
  const text = messageOf(error);
  if (known) {
    agentLog.debug(String((error.cause as Error | undefined)?.stack ?? error.stack));
    tl.setResult(tl.TaskResult.Failed, foreignText(withHelp(text, error)), true);
    return;
  }
  agentLog.info(String((error as Error)?.stack ?? error));
  tl.setResult(
    tl.TaskResult.Failed,
    foreignText(`${name} failed unexpectedly: ${text} Please report this bug with the stack trace above.`),
    true,
  );
}

/** The message with the place that says more. */
function withHelp(text: string, error: unknown): string {
  const help = error instanceof TaskFailure ? error.help : undefined;
  return help ? `${text} More: ${helpLink(help)}` : text;
}

/** An output may hold names and replies from outside; task-lib escapes line ends but leaves a nested command's marker. */
function neutral(text: string): string {
  return text.replace(/##vso\[/gi, '##_vso[');
}
