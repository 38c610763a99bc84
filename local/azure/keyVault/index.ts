import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { findVault, vaultUrl, type Vault } from '../arm/keyVaults';
import { localCloud, type LocalAzureContext } from '../context';
import type { TokenIssuer } from '../entra/tokenIssuer';
import { badParameter, forbidden, VaultError } from './vaultError';
import { VaultKeys, type KeyParameters, type SignParameters, type VaultKeyVersion } from './vaultKeys';

type Params = { name: string; version?: string };

const audience = 'https://vault.localhost';
const versions = ['7.0', '7.1', '7.2', '7.3', '7.4', '7.5', '7.6', '2025-07-01'];

/** The keys in the vaults of the local cloud: /keys at the host <vault>.vault.localhost. */
export function registerKeyVaultKeys(app: FastifyInstance, context: LocalAzureContext, tokens: TokenIssuer): void {
  const keys = new VaultKeys(context.collection<VaultKeyVersion[]>('vaultKeys'), (vault) =>
    vaultUrl(vault, context.port),
  );
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof VaultError)) return reply.send(error);
    return reply.code(error.status).headers(error.headers).send(error.body());
  });

  /** Lets those in who may do this. @returns the vault's name */
  const enter = (request: FastifyRequest, action: string, right: string): string => {
    const { name } = request.params as Partial<Params>;
    const host = /^([a-z0-9-]+)\.vault\.localhost(:\d+)?$/i.exec(request.headers.host ?? '')?.[1];
    const vault = host ? findVault(context, host) : undefined;
    if (!vault) throw new VaultError(404, 'VaultNotFound', `There is no vault at ${request.headers.host}.`);
    const apiVersion = (request.query as Record<string, string | undefined>)['api-version'];
    if (!apiVersion)
      throw badParameter('The api-version query parameter (?api-version=) is required for all requests.');
    if (!versions.includes(apiVersion)) throw badParameter(`The specified version (${apiVersion}) is not recognized. Consider using the latest supported version (7.6).`); // prettier-ignore
    checkToken(request, context, tokens);
    checkRight({ request, context, tokens, vault, name }, action, right);
    return vault.name;
  };

  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'x-ms-keyvault-region': localCloud.location, 'x-ms-request-id': randomUUID() });
  });
  app.post<{ Params: Params; Body: KeyParameters | undefined }>('/keys/:name/create', async (request) =>
    keys.create(enter(request, 'create/action', 'create'), request.params.name, request.body ?? {}),
  );
  app.get('/keys', async (request) => ({ value: keys.list(enter(request, 'read', 'list')), nextLink: null }));
  app.get<{ Params: Params }>('/keys/:name/versions', async (request) => ({
    value: keys.versions(enter(request, 'read', 'list'), request.params.name),
    nextLink: null,
  }));
  // Without a version it is the newest one that is meant.
  for (const path of ['/keys/:name', '/keys/:name/:version']) {
    app.get<{ Params: Params }>(path, async (request) =>
      keys.get(enter(request, 'read', 'get'), request.params.name, request.params.version),
    );
    app.patch<{ Params: Params; Body: KeyParameters | undefined }>(path, async (request) => {
      const { name, version } = request.params;
      return keys.update(enter(request, 'update/action', 'update'), name, version, request.body ?? {});
    });
    app.post<{ Params: Params; Body: SignParameters | undefined }>(`${path}/sign`, async (request) => {
      const { name, version } = request.params;
      return keys.sign(enter(request, 'sign/action', 'sign'), name, version, request.body ?? {});
    });
    app.post<{ Params: Params; Body: SignParameters | undefined }>(`${path}/verify`, async (request) => {
      const { name, version } = request.params;
      return keys.verify(enter(request, 'verify/action', 'verify'), name, version, request.body ?? {});
    });
  }
}

/** Source: "Authentication, requests and responses": who has no token is told whose the vault takes. */
function checkToken({ headers }: FastifyRequest, context: LocalAzureContext, tokens: TokenIssuer): void {
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
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

interface Caller {
  readonly request: FastifyRequest;
  readonly context: LocalAzureContext;
  readonly tokens: TokenIssuer;
  readonly vault: Vault;
  readonly name?: string;
}

/** By roles on data or by access policies, as the vault says; only the service connection's identity is held to them. */
function checkRight({ request, context, tokens, vault, name }: Caller, action: string, right: string): void {
  const subject = tokens.subjectOf(/^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
  if (subject !== localCloud.clientId) return;
  const caller = `appid=${subject};oid=${subject};iss=https://sts.windows.net/${localCloud.tenantId}/`;
  const told = `${vault.name};location=${vault.location}`;
  const { enableRbacAuthorization, accessPolicies } = vault.properties as {
    enableRbacAuthorization?: boolean;
    accessPolicies?: Array<{ objectId?: string; permissions?: { keys?: string[] } }>;
  };
  if (enableRbacAuthorization) {
    const needed = `Microsoft.KeyVault/vaults/keys/${action}`;
    const resource = name ? `${vault.id}/keys/${name}` : vault.id;
    if (context.access.allowsOnData(needed, resource)) return;
    throw forbidden(
      `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: ${caller}\r\nAction: '${needed}'\r\nResource: '${resource.toLowerCase()}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: ${told}\r\n`,
      'ForbiddenByRbac',
    );
  }
  const granted = (accessPolicies ?? []).filter(({ objectId }) => objectId === subject);
  if (granted.some(({ permissions }) => permissions?.keys?.some((each) => [right, 'all'].includes(each.toLowerCase())))) return; // prettier-ignore
  throw forbidden(
    `The user, group or application '${caller}' does not have keys ${right} permission on key vault '${told}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
    'ForbiddenByPolicy',
  );
}
