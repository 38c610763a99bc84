import type { LocalAzureContext } from '../../context';
import { BuildError, type BuiltImage, type ContainerEngine } from '../../engine/engine';
import { parseImageReference } from '../../engine/imageReference';
import { RegistryError } from '../../engine/registryClient';
import { serviceLogin } from '../../engine/serviceLogin';
import { openRegistryAccounts } from '../../registry/registryAccounts';
import type { RunLog } from '../runLog';
import type { OutputImage, TaskRun } from '../taskRun';

export interface PushTools {
  readonly context: LocalAzureContext;
  readonly engine: ContainerEngine;
  readonly run: TaskRun;
  readonly log: RunLog;
  readonly signal: AbortSignal;
}

/** @throws BuildError where the registry does not take it; the log has said why */
export async function pushImage(image: BuiltImage, name: string, step: string, tools: PushTools): Promise<OutputImage> {
  const { context, engine, log, signal } = tools;
  const { host, repository, tag = 'latest' } = parseImageReference(name);
  checkMayPush(tools);
  try {
    const login = serviceLogin(context, host, 'acr-tasks');
    if (!login) throw new RegistryError(401, 'UNAUTHORIZED', `there is no login for the registry ${host}`);
    if (context.takeFault('acr.networkRestricted')) {
      throw new RegistryError(
        403,
        'DENIED',
        "denied: client with IP '20.62.128.1' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
      );
    }
    const { digest } = await engine.push(image, name, login, (text) => log.write(text), signal);
    return { registry: host, repository, tag, digest };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    log.write(`${error.message}\n`);
    log.say(`Container failed during run: ${step}. No retries remaining.`);
    log.write(`failed to run step ID: ${step}: exit status 1\n`);
    throw new BuildError(error.message, 1);
  }
}

/** A registry with repository permissions gives a run rights only as its caller. */
function checkMayPush({ context, run, log }: PushTools): void {
  const mode = openRegistryAccounts(context).get(run.registry)?.roleAssignmentMode;
  if (mode !== 'AbacRepositoryPermissions' || run.request.actsAsCaller) return;
  // Source: microsoft/GitHub-Copilot-for-Azure#1106.
  const message = 'failed to scan dependencies: when specifying push, at least one credential is required';
  log.write(`${message}\n`);
  throw new RegistryError(401, 'UNAUTHORIZED', message);
}
