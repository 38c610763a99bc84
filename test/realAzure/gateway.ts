import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TokenCredential } from '@azure/core-auth';
import { Agent, request } from 'undici';
import { serverCertificate } from '../../local/azure/certificates/serverCertificate';
import { messageOf } from '../../local/messageOf';
import type { Cloud } from './cloud';
import type { Recorder } from './recorder';
import type { Sanitiser } from './sanitiser';

export interface Gateway {
  /** https://localhost:port: the resource manager and the authority, to whoever is given this address. */
  url: string;
  caFile: string;
  /** With which a client signs in here; nobody else on this machine gets a token. */
  clientSecret: string;
  close(): Promise<void>;
}

export interface GatewayOptions {
  cloud: Cloud;
  tenantId: string;
  /** Of whoever signs in here by that client id. */
  credentialOf: (clientId: string) => TokenCredential;
  recorder: Recorder;
  sanitiser: Sanitiser;
  /** For the certificate. */
  folder: string;
  /** Of the cloud's authority, where Node does not trust it anyway. */
  caFile?: string;
}

/** Hop-by-hop, or of the connection to here. */
const ownHeaders = /^(host|connection|content-length|transfer-encoding|accept-encoding|keep-alive|expect)$/i;

/**
 * A way to a cloud through this process, as the tasks and the command itself take it: what is asked of it, it asks of the resource
 * manager and of Azure Machine Learning's data planes, and the recorder sees both sides. A service connection finds it by its
 * addresses, as it does any cloud, so that no task knows of it. It is the authority, too: it hands out tokens of whoever runs the
 * command, whose sign-in (`az login`) no service connection could hold. Blobs and registries are reached past it.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { key, certificate, caFile } = await serverCertificate(options.folder);
  const clientSecret = randomBytes(32).toString('base64url');
  options.sanitiser.know(clientSecret, 'removed');
  const gateway = new Forwarding(options, clientSecret);
  const server = createServer({ key, cert: certificate }, (incoming, response) => {
    gateway.serve(incoming, response).catch((error: unknown) => {
      // As a proxy says it: clients ride it out.
      if (!response.headersSent) response.writeHead(502, { 'content-type': 'text/plain' });
      response.end(messageOf(error));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  gateway.url = `https://localhost:${(server.address() as AddressInfo).port}`;
  return { url: gateway.url, caFile, clientSecret, close: () => gateway.close(server) };
}

class Forwarding {
  url = '';
  private readonly agent: Agent;
  /** Of the data planes, as the cloud itself has named them. */
  private readonly hosts = new Set<string>();

  constructor(
    private readonly options: GatewayOptions,
    private readonly clientSecret: string,
  ) {
    const { caFile } = options;
    this.agent = new Agent({ connect: caFile ? { ca: readFileSync(caFile, 'utf8') } : {}, bodyTimeout: 120_000 });
  }

  async close(server: Server): Promise<void> {
    server.close();
    server.closeAllConnections();
    await this.agent.destroy();
  }

  async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const path = incoming.url ?? '/';
    if (path.endsWith('/.well-known/openid-configuration')) return answer(response, 200, this.discovery());
    if (/^\/[^/]+\/oauth2\/v2\.0\/token(\?|$)/.test(path)) return this.giveToken(new URLSearchParams(text), response);
    const target = this.targetOf(path);
    if (!target) return answer(response, 404, { error: { code: 'UnknownHost', message: `${path} is not a host that the cloud has named.` } }); // prettier-ignore
    await this.forward(incoming, target, text, response);
  }

  private async forward(incoming: IncomingMessage, url: string, body: string, response: ServerResponse): Promise<void> {
    const method = incoming.method ?? 'GET';
    const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !ownHeaders.test(name)));
    const requestBody = this.outward(body);
    const answered = await request(url, {
      dispatcher: this.agent,
      method,
      headers: { ...headers, 'accept-encoding': 'identity' },
      body: requestBody === '' && /^(GET|HEAD|DELETE)$/.test(method) ? undefined : requestBody,
    });
    const text = await answered.body.text();
    this.options.recorder.add({
      method,
      url,
      requestBody,
      status: answered.statusCode,
      headers: answered.headers,
      body: text,
    });
    this.learnHosts(url, text);
    const given = Object.entries(answered.headers).filter(([name]) => !ownHeaders.test(name));
    const translated = given.map(([name, value]) => [name, Array.isArray(value) ? value : this.inward(String(value))]);
    const inner = this.inward(text);
    const length =
      method === 'HEAD' || answered.statusCode === 204 ? {} : { 'content-length': Buffer.byteLength(inner) };
    response.writeHead(answered.statusCode, {
      ...(Object.fromEntries(translated) as Record<string, string>),
      ...length,
    });
    response.end(inner);
  }

  private targetOf(path: string): string | undefined {
    const [, host, rest = '/'] = /^\/via\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    if (!host) return `${this.options.cloud.resourceManagerUrl}${path}`;
    return this.hosts.has(host) ? `https://${host}${rest}` : undefined;
  }

  /** A workspace tells where its data planes are discovered, and the discovery where they are; what else names a host is no proof. */
  private learnHosts(url: string, text: string): void {
    const isWorkspace =
      /\/workspaces\/[^/?]+(\?|$)/i.test(url) && url.startsWith(`${this.options.cloud.resourceManagerUrl}/`);
    if (!isWorkspace && !/\/discovery(\?|$)/.test(url)) return;
    let told: { properties?: { discoveryUrl?: unknown }; api?: unknown; history?: unknown };
    try {
      told = JSON.parse(text) as typeof told;
    } catch {
      return;
    }
    for (const place of [told.properties?.discoveryUrl, told.api, told.history]) {
      if (typeof place !== 'string' || !URL.canParse(place)) continue;
      const { protocol, host } = new URL(place);
      if (protocol === 'https:' && host !== this.resourceManagerHost) this.hosts.add(host);
    }
  }

  private get resourceManagerHost(): string {
    return new URL(this.options.cloud.resourceManagerUrl).host;
  }

  /** The cloud's addresses as those that come here. */
  private inward(text: string): string {
    const here = new URL(this.url).host;
    const to = (host: string, place: string) => (all: string) =>
      all.replace(
        new RegExp(`\\b(https|azureml)://${host.replace(/[.]/g, '\\.')}(:443)?(?=[/?"\\\\]|$)`, 'g'),
        `$1://${place}`,
      );
    let result = to(this.resourceManagerHost, here)(text);
    for (const host of this.hosts) result = to(host, `${here}/via/${host}`)(result);
    return result;
  }

  private outward(text: string): string {
    const here = new URL(this.url).host;
    return text
      .replaceAll(new RegExp(`\\b(https|azureml)://${here}/via/`, 'g'), '$1://')
      .replaceAll(new RegExp(`\\b(https|azureml)://${here}(?=[/?"\\\\]|$)`, 'g'), `$1://${this.resourceManagerHost}`);
  }

  private discovery(): object {
    const authority = `${this.url}/${this.options.tenantId}`;
    return {
      issuer: `${authority}/v2.0`,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      jwks_uri: `${authority}/discovery/v2.0/keys`,
    };
  }

  private async giveToken(form: URLSearchParams, response: ServerResponse): Promise<void> {
    if (form.get('client_secret') !== this.clientSecret) {
      return answer(response, 401, { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.' }); // prettier-ignore
    }
    const token = await this.options
      .credentialOf(form.get('client_id') ?? '')
      .getToken((form.get('scope') ?? '').split(' ')[0] ?? '');
    if (!token) throw new Error('There is no token.');
    this.options.sanitiser.knowToken(token.token);
    const seconds = Math.max(60, Math.floor((token.expiresOnTimestamp - Date.now()) / 1000));
    answer(response, 200, {
      token_type: 'Bearer',
      expires_in: seconds,
      ext_expires_in: seconds,
      access_token: token.token,
    });
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
