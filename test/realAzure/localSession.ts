import { rmSync } from 'node:fs';
import path from 'node:path';
import { ClientSecretCredential } from '@azure/identity';
import { readFileSync } from 'node:fs';
import { addressOf } from '../../local/addresses';
import { startCloud } from '../../local/cloudProcess';
import { localDirectories, makeStateFolder } from '../../local/directories';
import { newBelongings } from './belongings';
import { tryCases } from './tryCases';
import type { Case } from './cases/case';
import type { KeptRecording } from './recorder';
import { openSession } from './session';

export interface LocalOptions {
  folder: string;
  cache: string;
  location: string;
  signal: AbortSignal;
  say: (line: string) => void;
}

/** Tries the same cases against a local Azure of their own. Gives what was recorded of it. */
export async function recordLocally(
  cases: readonly Case[],
  options: LocalOptions,
): Promise<Map<string, KeptRecording>> {
  const directories = localDirectories(path.join(options.folder, 'state'), options.cache);
  makeStateFolder(directories.root);
  const { azure, stop } = await startCloud(directories, { tied: true, signal: options.signal });
  try {
    const { parameters } = azure.serviceConnection('ServicePrincipal').auth;
    const { tenantid: tenantId = '', serviceprincipalid: client = '', serviceprincipalkey: secret = '' } = parameters;
    const credential = new ClientSecretCredential(tenantId, client, secret, {
      authorityHost: azure.url,
      disableInstanceDiscovery: true,
      tlsOptions: { ca: readFileSync(azure.caFile, 'utf8') },
    });
    const { subscriptionId = '', subscriptionName = '' } = azure.serviceConnection('ServicePrincipal').data;
    const { world, close } = await openSession({
      cloud: {
        name: 'LocalAzure',
        resourceManagerUrl: azure.url,
        authorityUrl: azure.url,
        audience: 'https://management.azure.com',
      },
      account: { subscriptionId, subscriptionName, tenantId },
      belongings: newBelongings(subscriptionId, options.location, 0),
      ...{ credential, folder: options.folder, signal: options.signal, say: options.say, source: 'local Azure' },
      attached: {
        caFile: azure.caFile,
        environment: azure.environment,
        lookup: (name, { all }, callback) => {
          const address = addressOf(azure.hostsFile, name) ?? '127.0.0.1';
          if (all) callback(null, [{ address, family: 4 }]);
          else callback(null, address, 4);
        },
      },
    });
    try {
      await world.resources.makeGroup();
      await tryCases(world, cases);
      return world.recorder.recordings;
    } finally {
      await close();
    }
  } finally {
    await stop();
    rmSync(directories.root, { recursive: true, force: true });
  }
}
