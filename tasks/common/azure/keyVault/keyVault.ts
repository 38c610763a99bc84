import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { algorithmOf } from '../../evidence/publicKey';
import { TaskFailure } from '../../taskFailure';
import { AzureFailure, azureFailure, isAzureFailure } from '../http/azureFailure';
import type { Send } from '../http/pipeline';
import { setTraits } from '../http/requestTraits';
import type { AzureSession } from '../http/session';
import { shapeProblem, type Shape } from '../http/shape';
import { keyIdText, parseKeyId, type KeyId } from './keyId';
import { keyRefusal } from './keyRefusal';

const apiVersion = '7.4';
/** Milliseconds that one try may take. */
const patience = 30_000;

/** There is such a key, and it is not of a kind that signs. */
export class UnusableKey extends TaskFailure {}

/** One version of a key, without its private half, which never leaves the vault. */
export interface VaultKey {
  /** With its version. */
  readonly id: KeyId;
  readonly publicKey: KeyObject;
  readonly mayDo: readonly string[];
  readonly enabled: boolean;
  /** Milliseconds since the epoch, as are the others. */
  readonly notBefore?: number;
  readonly expires?: number;
  /** The vault's own time when it answered. */
  readonly now?: number;
}

/**
 * The keys of Azure's vaults, over REST. Source: Key Vault data plane 7.4, keys.json; "Authentication, requests and responses" for
 * the challenge, by which every cloud's vaults say themselves whose tokens they take.
 */
export class KeyVault {
  private readonly scopes = new Map<string, string>();
  private sender?: Promise<Send>;

  constructor(
    private readonly session: AzureSession,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws TaskFailure that says what is missing: the key, the vault, the role */
  async key(id: KeyId): Promise<VaultKey> {
    interface Bundle {
      readonly key: JsonWebKey & { readonly kid: string; readonly key_ops?: readonly string[] };
      readonly attributes?: { readonly enabled?: boolean; readonly nbf?: number; readonly exp?: number };
    }
    const shape: Shape = { key: { kid: 'string', kty: 'string' } };
    const { body, date } = await this.ask<Bundle>(id, 'GET', `${keyPath(id)}`, shape);
    const { key, attributes = {} } = body;
    const inMilliseconds = (seconds?: number) => (seconds === undefined ? undefined : seconds * 1000);
    return {
      id: parseKeyId(key.kid) ?? id,
      publicKey: publicKeyOf(key, id),
      mayDo: key.key_ops ?? [],
      enabled: attributes.enabled !== false,
      notBefore: inMilliseconds(attributes.nbf),
      expires: inMilliseconds(attributes.exp),
      now: date ? Date.parse(date) : undefined,
    };
  }

  /** @returns the signature as JOSE writes it: of ECDSA both numbers one after the other */
  async sign(id: KeyId, alg: 'ES256' | 'RS256', digest: Buffer): Promise<Buffer> {
    const path = `${keyPath(id)}/sign`;
    const { body } = await this.ask<{ value: string }>(id, 'POST', path, { value: 'string' }, { alg, value: digest.toString('base64url') }); // prettier-ignore
    return Buffer.from(body.value, 'base64url');
  }

  private async ask<T>(
    id: KeyId,
    method: 'GET' | 'POST',
    path: string,
    shape: Shape,
    content?: object,
  ): Promise<{ body: T; date?: string }> {
    const url = `${id.vault}${path}?api-version=${apiVersion}`;
    const asked = `${method} ${id.vault}${path}`;
    try {
      if (!this.scopes.has(id.vault)) {
        // Without a token: it only asks whose tokens the vault takes.
        const refused = await this.send('GET', `${id.vault}${keyPath(id)}?api-version=${apiVersion}`);
        this.scopes.set(id.vault, scopeOf(refused, id.vault, asked));
      }
      const { token } = await this.session.token(this.scopes.get(id.vault));
      const response = await this.send(method, url, token, content);
      const body = parsed(response.bodyAsText);
      if (response.status !== 200)
        throw azureFailure(Object.assign(new Error(response.bodyAsText ?? ''), { statusCode: response.status, details: body }), asked); // prettier-ignore
      const problem = shapeProblem(body, shape);
      if (problem) throw new AzureFailure(`The vault's answer to ${asked} cannot be understood: ${problem}.`, undefined, undefined, '', problem, undefined); // prettier-ignore
      return { body: body as T, date: response.headers.get('date') };
    } catch (error) {
      if (this.signal.aborted) throw this.signal.reason;
      const failure = azureFailure(error, asked);
      throw isAzureFailure(failure) ? keyRefusal(failure, id, this.session.connection.name) : failure;
    }
  }

  private async send(method: 'GET' | 'POST', url: string, token?: string, content?: object): Promise<PipelineResponse> {
    const rest = await import('@azure/core-rest-pipeline');
    const send = await (this.sender ??= this.session.sender());
    const headers = {
      accept: 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...(content && { 'content-type': 'application/json' }),
    };
    const request = rest.createPipelineRequest({
      url,
      method,
      headers: rest.createHttpHeaders(headers),
      body: content && JSON.stringify(content),
      abortSignal: this.signal,
      timeout: patience,
    });
    // To sign twice changes nothing.
    return send(setTraits(request, { repeatable: true }));
  }
}

/** Of the newest version the path ends with a slash, as Azure's own clients write it. */
const keyPath = ({ name, version }: KeyId): string => `/keys/${name}/${version ?? ''}`;

/**
 * The audience that the vault's challenge names.
 * @throws TaskFailure where it is not the service that the vault's own name is under: a token of another must not go there
 */
function scopeOf(response: PipelineResponse, vault: string, asked: string): string {
  const challenge = response.headers.get('www-authenticate') ?? '';
  const resource = /\b(?:resource|scope)="?([^",\s]+)/i.exec(challenge)?.[1]?.replace(/\/\.default$/, '') ?? '';
  if (response.status !== 401 || !URL.canParse(resource)) {
    throw azureFailure(Object.assign(new Error(response.bodyAsText ?? ''), { statusCode: response.status, details: parsed(response.bodyAsText) }), asked); // prettier-ignore
  }
  if (!new URL(vault).hostname.endsWith(`.${new URL(resource).hostname}`)) {
    throw new TaskFailure(
      `${vault} asks for a token of ${resource}, which is not its own service; it gets none.`,
      'Check the identifier of the key: https://<vault>.vault.azure.net/keys/<name>.',
    );
  }
  return `${resource}/.default`;
}

/**
 * Keys in hardware differ only in the name of their type.
 * @throws UnusableKey for one that cannot sign, or not in a way that every verifier takes
 */
function publicKeyOf({ kty = '', crv, x, y, n, e }: JsonWebKey, id: KeyId): KeyObject {
  const key = { kty: kty.replace(/-HSM$/, ''), ...(kty.startsWith('EC') ? { crv, x, y } : { n, e }) };
  const named = `The key ${keyIdText(id)} (${[kty, crv].filter(Boolean).join(' ')})`;
  const remedy = 'Use one of EC with the curve P-256, or of RSA with at least 2048 bits.';
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey({ key, format: 'jwk' });
  } catch (cause) {
    throw new UnusableKey(`${named} is not one that can sign here.`, remedy, { cause });
  }
  if (algorithmOf(publicKey)) return publicKey;
  throw new UnusableKey(`${named} is of a kind that cosign does not take without more ado.`, remedy);
}

function parsed(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return text ?? '';
  }
}
