import { findVault, type Vault } from '../arm/keyVaults';
import { localCloud, type LocalAzureContext } from '../context';
import type { TokenIssuer } from '../entra/tokenIssuer';
import { badParameter, forbidden, VaultError } from './vaultError';

const audience = 'https://vault.localhost';
const versions = ['7.0', '7.1', '7.2', '7.3', '7.4', '7.5', '7.6', '2025-07-01'];

/** What is wanted of a vault, as a role's action and as an access policy's right. */
interface Wish {
  /** Of the key; undefined for what concerns all. */
  name?: string;
  action: string;
  right: string;
}

interface VaultRequest {
  headers: { host?: string; authorization?: string };
  query: unknown;
}

const bearerOf = ({ headers }: VaultRequest): string | undefined =>
  /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];

/** Lets those into a vault who may do there what they want. */
export class VaultGate {
  constructor(
    private readonly context: LocalAzureContext,
    private readonly tokens: TokenIssuer,
  ) {}

  /** @returns the vault's name */
  enter(request: VaultRequest, wish: Wish): string {
    const host = /^([a-z0-9-]+)\.vault\.localhost(:\d+)?$/i.exec(request.headers.host ?? '')?.[1];
    const vault = host ? findVault(this.context, host) : undefined;
    if (!vault) throw new VaultError(404, 'VaultNotFound', `There is no vault at ${request.headers.host}.`);
    checkVersion((request.query as Record<string, string | undefined>)['api-version']);
    const token = bearerOf(request);
    this.checkToken(token);
    this.checkRight(token!, vault, wish);
    return vault.name;
  }

  /** Source: "Authentication, requests and responses": who has no token is told whose the vault takes. */
  private checkToken(token: string | undefined): void {
    const { context, tokens } = this;
    if (token && context.isTokenFor(token, [audience])) return;
    const isOther = token && tokens.checkAccessToken(token) === 'valid';
    const message = !token
      ? 'AKV10000: Request is missing a Bearer or PoP token.'
      : isOther
        ? `AKV10022: Invalid audience. Expected ${audience}, found: ${tokens.audienceOf(token)}.`
        : 'AKV10046: Unable to resolve the key used for signature validation.';
    throw new VaultError(401, 'Unauthorized', message, undefined, {
      'www-authenticate': `Bearer authorization="${context.url}/${localCloud.tenantId}", resource="${audience}"`,
    });
  }

  /** By roles on data or by access policies, as the vault says; only the service connection's identity is held to them. */
  private checkRight(token: string, vault: Vault, wish: Wish): void {
    const subject = this.tokens.subjectOf(token);
    if (subject !== localCloud.clientId) return;
    const caller = `appid=${subject};oid=${subject};iss=https://sts.windows.net/${localCloud.tenantId}/`;
    if (vault.properties.enableRbacAuthorization) this.checkRoles(caller, vault, wish);
    else checkPolicies(caller, subject, vault, wish);
  }

  private checkRoles(caller: string, vault: Vault, { name, action }: Wish): void {
    const needed = `Microsoft.KeyVault/vaults/keys/${action}`;
    const resource = name ? `${vault.id}/keys/${name}` : vault.id;
    if (this.context.access.allowsOnData(needed, resource)) return;
    throw forbidden(
      `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: ${caller}\r\nAction: '${needed}'\r\nResource: '${resource.toLowerCase()}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: ${toldOf(vault)}\r\n`,
      'ForbiddenByRbac',
    );
  }
}

function checkVersion(apiVersion: string | undefined): void {
  if (!apiVersion) throw badParameter('The api-version query parameter (?api-version=) is required for all requests.');
  if (!versions.includes(apiVersion)) throw badParameter(`The specified version (${apiVersion}) is not recognized. Consider using the latest supported version (7.6).`); // prettier-ignore
}

function checkPolicies(caller: string, subject: string, vault: Vault, { right }: Wish): void {
  const { accessPolicies } = vault.properties as {
    accessPolicies?: Array<{ objectId?: string; permissions?: { keys?: string[] } }>;
  };
  const granted = (accessPolicies ?? []).filter(({ objectId }) => objectId === subject);
  if (granted.some(({ permissions }) => permissions?.keys?.some((each) => [right, 'all'].includes(each.toLowerCase())))) return; // prettier-ignore
  throw forbidden(
    `The user, group or application '${caller}' does not have keys ${right} permission on key vault '${toldOf(vault)}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
    'ForbiddenByPolicy',
  );
}

const toldOf = ({ name, location }: Vault): string => `${name};location=${location}`;
