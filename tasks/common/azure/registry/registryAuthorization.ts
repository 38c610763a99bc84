import type { AccessToken } from '@azure/core-auth';
import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { Secret } from '../../secret';
import { TaskFailure } from '../../taskFailure';
import type { AzureSession } from '../http/session';
import { readJson, readText, refusal, type RegistryRequests } from './registryRequests';

/** How a registry's data plane is signed in to. */
export type RegistrySignIn =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'password'; readonly userName: string; readonly password: Secret }
  /** As the service connection, by Entra: only registries of Azure. */
  | { readonly kind: 'entra' };

/**
 * Signs in to a registry, and keeps a token for each scope. Source: the distribution project's token specification; ACR's data plane
 * 2021-07-01 for Entra's tokens.
 */
export class RegistryAuthorization {
  private readonly headers = new Map<string, string>();

  constructor(
    private readonly session: AzureSession,
    private readonly host: string,
    private readonly signIn: RegistrySignIn,
    private readonly requests: RegistryRequests,
  ) {}

  /** What a request for the scope carries; undefined until the registry has asked for something. */
  header(scope: string): string | undefined {
    return this.headers.get(scope);
  }

  /** Gets what the registry asks for. @throws AzureFailure where it refuses, TaskFailure where credentials would go in the clear */
  async renew(challenge: string, scope: string, signal: AbortSignal): Promise<void> {
    this.headers.set(scope, await this.authorize(challenge, scope, signal));
  }

  /**
   * User and password by which a container engine signs in to this registry of Azure as the service connection, for some
   * hours. Source: "Authenticate with an Azure container registry", az acr login --expose-token.
   */
  async engineLogin(signal: AbortSignal): Promise<{ userName: string; password: Secret }> {
    return {
      userName: '00000000-0000-0000-0000-000000000000',
      password: new Secret(await this.refreshToken(this.host, signal)),
    };
  }

  /** @returns the Authorization header */
  private async authorize(challenge: string, wantedScope: string, signal: AbortSignal): Promise<string> {
    const parameter = (name: string) => new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(challenge)?.[1];
    const { signIn } = this;
    const basic =
      signIn.kind === 'password'
        ? `Basic ${Buffer.from(`${signIn.userName}:${signIn.password.reveal()}`).toString('base64')}`
        : undefined;
    if (!/^bearer/i.test(challenge)) return basic ?? '';
    const service = parameter('service') ?? this.host;
    const scope = parameter('scope') ?? wantedScope;
    const realm = new URL(parameter('realm') ?? `https://${this.host}/oauth2/token`);
    if (realm.protocol !== 'https:') {
      throw new TaskFailure(
        `The registry ${this.host} asks for credentials to be sent to ${realm.origin}, which is not encrypted.`,
      );
    }
    let response: PipelineResponse;
    if (signIn.kind === 'entra') {
      const refresh_token = await this.refreshToken(service, signal);
      response = await this.requests.send(
        `https://${this.host}/oauth2/token`,
        form({ grant_type: 'refresh_token', service, scope, refresh_token }, signal),
      );
    } else {
      realm.searchParams.set('service', service);
      realm.searchParams.set('scope', scope);
      response = await this.requests.send(realm.toString(), {
        method: 'GET',
        headers: basic ? { authorization: basic } : {},
        signal,
      });
    }
    if (response.status !== 200) throw refusal(response, `a token of ${realm.host}`);
    const answer = readJson<{ access_token?: string; token?: string }>(
      await readText(response),
      `a token of ${realm.host}`,
    );
    return `Bearer ${answer.access_token ?? answer.token}`;
  }

  /**
   * Trades Entra's token for one of the registry: the resource manager's, which needs no sign-in of its own, and where that
   * is refused one for registries only. Source: "Configure registry acceptance of Microsoft Entra authentication scopes"
   * (the registry's azureADAuthenticationAsArmPolicy); the audience is the same in all clouds.
   */
  private async refreshToken(service: string, signal: AbortSignal): Promise<string> {
    const url = `https://${this.host}/oauth2/exchange`;
    const exchange = ({ token }: AccessToken) =>
      this.requests.send(url, form({ grant_type: 'access_token', service, access_token: token }, signal));
    let response = await exchange(await this.session.token());
    if (response.status === 401) {
      // Where Entra has none for registries, it is the registry's refusal that is to be told.
      const own = await this.session.token('https://containerregistry.azure.net/.default').catch(() => undefined);
      if (own) response = await exchange(own);
    }
    if (response.status !== 200) throw refusal(response, `POST ${url}`);
    return readJson<{ refresh_token: string }>(await readText(response), `POST ${url}`).refresh_token;
  }
}

function form(values: Record<string, string>, signal: AbortSignal) {
  return {
    method: 'POST' as const,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams(values).toString()),
    signal,
  };
}
