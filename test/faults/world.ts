import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LocalAzure } from '../../local/azure';
import { localCloud } from '../../local/azure/context';
import { connectClient, type CloudClient } from '../local/containers/cloudClient';
import { temporaryFolder } from '../support/agent';
import { localAzure } from '../support/azure';
import { startEndpoint } from './endpoint';
import type { Surface } from './surface';
import { MlWorkspace } from '../support/mlWorkspace';

/** What the cells of one process share: a local Azure of their own, and clients that look at it from outside. */
export interface World {
  azure: LocalAzure;
  ml: MlWorkspace;
  cloud: CloudClient;
  /** What Test-Endpoint tests where it is not a container group. */
  endpoint: Surface & { url: string };
}

/** How much faster the tasks' clock goes. */
export const usualSpeed = 20;

// These helpers clean up after mocha's tests; here the process cleans up at its end.
Object.assign(globalThis, { after: () => undefined });

export async function openWorld(): Promise<World> {
  const azure = await localAzure();
  return {
    azure,
    ml: new MlWorkspace(azure),
    cloud: await connectClient(azure),
    endpoint: await startEndpoint(),
  };
}

/** The environment of a task whose clock runs fast. */
export function fastEnvironment(azure: LocalAzure, speed: number): Record<string, string> {
  const preload = `--require=${path.join(__dirname, 'fastClock.cjs')}`;
  return { NODE_OPTIONS: `${azure.environment.NODE_OPTIONS} ${preload}`, FAULTS_CLOCK_SPEED: String(speed) };
}

export const connection = {
  azureSubscription: localCloud.serviceConnectionId,
  resourceGroup: localCloud.resourceGroup,
  workspace: localCloud.workspace,
};

/** A file that a job waits for, so that a test says when it ends. */
export function gate(): { file: string; open(): void } {
  const file = path.join(temporaryFolder(), 'go-on');
  return { file, open: () => writeFileSync(file, '') };
}
