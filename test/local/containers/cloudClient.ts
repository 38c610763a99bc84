import { readFileSync } from 'node:fs';
import { Agent, request as undiciRequest } from 'undici';
import { addressOf } from '../../../local/addresses';
import { localCloud } from '../../../local/azure/context';
import type { LocalAzure } from '../../../local/azure/index';
import { localAzure } from '../../support/azure';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
  text: string;
  /** The body as JSON; any, as each test says itself what it expects. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json: any;
}

/** What the tests of the container side call local Azure with: plain HTTP, so that nothing is smoothed over by an SDK. */
export interface CloudClient {
  azure: LocalAzure;
  /** Entra's token of the service principal. */
  token: string;
  loginServer: string;
  arm(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** url: absolute. Without a token unless a header says so. */
  send(
    method: string,
    url: string,
    options?: { headers?: Record<string, string>; body?: string | Buffer },
  ): Promise<Answer>;
}

export const groupPath = `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${localCloud.resourceGroup}/providers`;

let client: Promise<CloudClient> | undefined;

/** Of the local Azure that all suites of this process share. */
export function cloudClient(): Promise<CloudClient> {
  return (client ??= localAzure().then(connectClient));
}

export async function connectClient(azure: LocalAzure): Promise<CloudClient> {
  const dispatcher = new Agent({
    connect: {
      ca: readFileSync(azure.caFile, 'utf8'),
      lookup: (name, options, callback) => {
        // A group need not be at 127.0.0.1: others of this machine may have that.
        const address = addressOf(azure.hostsFile, name) ?? '127.0.0.1';
        if (options.all) callback(null, [{ address, family: 4 }]);
        else callback(null, address, 4);
      },
    },
  });
  after('close the test client', () => dispatcher.destroy());
  const send: CloudClient['send'] = async (method, url, { headers, body } = {}) => {
    const response = await undiciRequest(url, {
      dispatcher,
      method: method,
      headers,
      body,
    });
    const bytes = Buffer.from(await response.body.arrayBuffer());
    const text = bytes.toString();
    const type = response.headers['content-type'];
    const json: unknown = text && typeof type === 'string' && type.includes('json') ? JSON.parse(text) : undefined;
    return { status: response.statusCode, headers: response.headers, bytes, text, json };
  };
  const { parameters } = azure.serviceConnection('ServicePrincipal').auth;
  const signedIn = await send('POST', `${azure.url}/${localCloud.tenantId}/oauth2/v2.0/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: parameters.serviceprincipalid ?? '',
      client_secret: parameters.serviceprincipalkey ?? '',
      scope: 'https://management.azure.com/.default',
    }).toString(),
  });
  const token = signedIn.json.access_token as string;
  return {
    azure,
    token,
    loginServer: `${localCloud.registry}.azurecr.localhost:${azure.port}`,
    send,
    arm: (method, path, body, headers) =>
      send(method, path.startsWith('https:') ? path : `${azure.url}${path}`, {
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
  };
}
