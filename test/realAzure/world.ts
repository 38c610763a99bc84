import type { ServiceEndpoint } from '../../local/serviceEndpoint';
import type { Arm } from './arm';
import type { Answer } from './send';
import type { Belongings } from './belongings';
import type { Cloud, Account } from './cloud';
import type { Recorder } from './recorder';
import type { Resources } from './resources';

/** A service principal whose roles are those of a service connection, and no more. */
export interface Connection {
  clientId: string;
  clientSecret: string;
  /** Of the service principal, not of its application. */
  objectId: string;
}

/** What the chain and the cases run in. */
export interface World {
  cloud: Cloud;
  account: Account;
  arm: Arm;
  belongings: Belongings;
  resources: Resources;
  recorder: Recorder;
  /** The token of whoever runs the command, for the registry's own sign-in. */
  token: () => Promise<string>;
  connection?: Connection;
  /** Requests as the connection's own service principal. */
  armAs(connection: Connection): Promise<Arm>;
  /** Whoever runs the command, in the directory; undefined where his token does not tell. */
  callerId(): Promise<{ id: string; type: 'User' | 'ServicePrincipal' } | undefined>;
  /** What the local agent needs to run the tasks against this cloud. */
  agent: { endpoint: ServiceEndpoint; environment: Record<string, string>; folder: string };
  /** Requests that go past the gateway: blobs and registries. */
  direct(
    method: string,
    url: string,
    options?: { headers?: Record<string, string>; body?: string | Buffer },
  ): Promise<Answer>;
  signal: AbortSignal;
  say(line: string): void;
}
