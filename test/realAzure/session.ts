import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { LookupFunction } from 'node:net';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import type { TokenCredential } from '@azure/core-auth';
import { Agent } from 'undici';
import type { ServiceEndpoint } from '../../local/serviceEndpoint';
import { Arm } from './arm';
import type { Belongings } from './belongings';
import type { Account, Cloud } from './cloud';
import { startGateway, type Gateway } from './gateway';
import { Recorder } from './recorder';
import { Resources } from './resources';
import { Sanitiser } from './sanitiser';
import { send } from './send';
import { tokenOf } from './token';
import type { Connection, World } from './world';

export interface SessionOptions {
  cloud: Cloud;
  account: Account;
  credential: TokenCredential;
  belongings: Belongings;
  /** Where recordings, runs and certificates are put. */
  folder: string;
  /** What the recordings say of where they are from. */
  source: string;
  signal: AbortSignal;
  say: (line: string) => void;
  connection?: Connection & { credential: TokenCredential };
  /** Of a cloud whose authority and names this process does not know by itself. */
  attached?: { caFile: string; environment: Record<string, string>; lookup: LookupFunction };
}

export interface Session {
  world: World;
  close(): Promise<void>;
}

/** Names of users and machines that tell of nobody, and stand elsewhere. */
const everybodys = /^(root|admin|user|runner|vsts|ubuntu|local|localhost|node)$/i;

/** By which the tasks sign in at the gateway where no connection is given: whoever runs the command. */
const ownClientId = '00000000-0000-0000-0000-000000000001';

/** Everything between a cloud and the cases: the gateway that records, requests through it and past it, the tasks' connection. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { cloud, account, folder, signal, attached, connection } = options;
  mkdirSync(folder, { recursive: true });
  const sanitiser = new Sanitiser();
  sanitiser.know(account.subscriptionName, 'a subscription');
  // The same in each run, so that recordings of two runs are alike.
  sanitiser.know(options.belongings.id, 'r0000000');
  sanitiser.know(connection?.clientSecret, 'removed');
  for (const own of [userInfo().username, hostname()]) if (!everybodys.test(own)) sanitiser.know(own, 'someone');
  const recorder = new Recorder(folder, sanitiser, options.source);
  const credentialOf = (clientId: string) => (connection && clientId === connection.clientId ? connection.credential : options.credential); // prettier-ignore
  const gateway = await startGateway({
    ...{ cloud, recorder, sanitiser, credentialOf, folder: path.join(folder, 'gateway') },
    tenantId: account.tenantId,
    caFile: attached?.caFile,
  });
  const agent = new Agent({
    connect: attached ? { ca: readFileSync(attached.caFile, 'utf8'), lookup: attached.lookup } : {},
  });
  const hiddenToken = (credential: TokenCredential) => async (): Promise<string> => {
    const token = await tokenOf(cloud, credential);
    sanitiser.knowToken(token);
    return token;
  };
  const token = hiddenToken(options.credential);
  const arm = new Arm(gateway.url, gateway.caFile, token, signal);
  const arms = [arm];
  const world: World = {
    ...{ cloud, account, arm, belongings: options.belongings, recorder, token, connection, signal, say: options.say },
    resources: new Resources(arm, account, options.belongings, options.say),
    armAs: async () => {
      const other = new Arm(gateway.url, gateway.caFile, hiddenToken(connection!.credential), signal);
      arms.push(other);
      return other;
    },
    callerId: async () => callerOf(await token()),
    agent: {
      endpoint: endpointOf(gateway, options),
      environment: agentEnvironment(folder, gateway, attached),
      folder,
    },
    direct: (method, url, { headers, body } = {}) => send(agent, { method, url, headers, body }),
  };
  return {
    world,
    close: async () => {
      await Promise.all(arms.map((each) => each.close()));
      await gateway.close();
      await agent.destroy();
    },
  };
}

/** As of an Azure Stack: its resource manager and its authority are where it says. */
function endpointOf({ url, clientSecret }: Gateway, { account, cloud, connection }: SessionOptions): ServiceEndpoint {
  return {
    id: '00000000-0000-0000-0000-000000000002',
    name: 'real-azure',
    type: 'azurerm',
    url: `${url}/`,
    auth: {
      scheme: 'ServicePrincipal',
      parameters: {
        tenantid: account.tenantId,
        serviceprincipalid: connection?.clientId ?? ownClientId,
        authenticationType: 'spnKey',
        serviceprincipalkey: clientSecret,
      },
    },
    data: {
      subscriptionId: account.subscriptionId,
      subscriptionName: account.subscriptionName,
      environment: 'AzureStack',
      creationMode: 'Manual',
      scopeLevel: 'Subscription',
      environmentAuthorityUrl: `${url}/`,
      activeDirectoryAuthority: `${url}/`,
      activeDirectoryServiceEndpointResourceId: `${cloud.audience}/`,
      resourceManagerUrl: `${url}/`,
    },
  };
}

/** Of the tasks. The agent hands on what its own Node was started with by nothing but this. */
function agentEnvironment(
  folder: string,
  gateway: Gateway,
  attached: SessionOptions['attached'],
): Record<string, string> {
  const { NODE_EXTRA_CA_CERTS: trusted, NODE_OPTIONS: options } = process.env;
  return {
    ...(options && { NODE_OPTIONS: options }),
    ...attached?.environment,
    NODE_EXTRA_CA_CERTS: trustFile(folder, [gateway.caFile, attached?.caFile ?? trusted]),
  };
}

/** Node reads one file only. */
function trustFile(folder: string, files: Array<string | undefined>): string {
  const file = path.join(folder, 'trusted.pem');
  writeFileSync(file, files.flatMap((each) => (each ? [readFileSync(each, 'utf8').trim()] : [])).join('\n') + '\n');
  return file;
}

function callerOf(token: string): { id: string; type: 'User' | 'ServicePrincipal' } | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, string>;
    return claims.oid ? { id: claims.oid, type: claims.idtyp === 'app' ? 'ServicePrincipal' : 'User' } : undefined;
  } catch {
    return undefined;
  }
}
