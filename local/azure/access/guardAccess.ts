import type { FastifyInstance } from 'fastify';
import { ArmError, localCloud, type LocalAzureContext } from '../context';
import { isDataPlanePath } from '../arm/dataPlanes';
import { neededAction, type NeededAction } from './neededAction';

const isWithin = (url: string): boolean => /^\/subscriptions(\/|\?|$)/i.test(url) || isDataPlanePath(url);

/** Refuses what the roles of the service connection's identity do not allow, in the words of the resource manager. */
export function guardAccess(
  app: FastifyInstance,
  { access }: Pick<LocalAzureContext, 'access'>,
  subjectOf: (token: string) => string | undefined,
): void {
  const isConnection = (header: string | undefined): boolean =>
    subjectOf(/^Bearer (.+)$/i.exec(header ?? '')?.[1] ?? '') === localCloud.clientId;

  app.addHook('onRequest', async (request) => {
    if (!isWithin(request.url) || !isConnection(request.headers.authorization)) return;
    const needed = neededAction(request.method, decodeURI(request.url.split('?')[0]!));
    // Everybody may ask for the own permissions.
    if (!needed || /^microsoft\.authorization\/permissions\/read$/i.test(needed.action)) return;
    if (access.allows(needed.action, needed.scope)) return;
    throw refusal(needed);
  });

  // A group of containers takes an identity, or joins a subnet, of which the caller must have the right, too.
  app.addHook('preHandler', async (request) => {
    if (!isWithin(request.url) || request.method !== 'PUT' || !isConnection(request.headers.authorization)) return;
    const own = neededAction(request.method, decodeURI(request.url.split('?')[0]!));
    if (own?.action.toLowerCase() !== 'microsoft.containerinstance/containergroups/write') return;
    for (const linked of linkedActions(request.body)) {
      if (access.allows(linked.action, linked.scope)) continue;
      throw new ArmError(
        403,
        'LinkedAuthorizationFailed',
        `The client '${localCloud.clientId}' with object id '${localCloud.clientId}' has permission to perform action '${own.action}' on scope '${own.scope}'; however, it does not have permission to perform action(s) '${linked.action}' on the linked scope(s) '${linked.scope}' (respectively) or the linked scope(s) are invalid.`,
      );
    }
  });

  // Lists across resources show to each what he may read.
  app.addHook('preSerialization', async (request, _reply, payload) => {
    if (!isWithin(request.url) || request.method !== 'GET' || !isConnection(request.headers.authorization))
      return payload;
    if (neededAction('GET', decodeURI(request.url.split('?')[0]!))) return payload;
    const { value } = (payload ?? {}) as { value?: Array<{ id?: string }> };
    if (!Array.isArray(value)) return payload;
    const shown = value.filter(({ id }) => {
      const needed = id ? neededAction('GET', id) : undefined;
      return !needed || access.allows(needed.action, needed.scope);
    });
    return { ...(payload as object), value: shown };
  });
}

function linkedActions(body: unknown): NeededAction[] {
  const { identity, properties } = (body ?? {}) as {
    identity?: { userAssignedIdentities?: Record<string, unknown> };
    properties?: { subnetIds?: Array<{ id?: string }> };
  };
  const identities = Object.keys(identity?.userAssignedIdentities ?? {});
  const subnets = (properties?.subnetIds ?? []).flatMap(({ id }) => id ?? []);
  return [
    ...identities.map((scope) => ({
      action: 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action',
      scope,
    })),
    ...subnets.map((scope) => ({ action: 'Microsoft.Network/virtualNetworks/subnets/join/action', scope })),
  ];
}

function refusal({ action, scope }: NeededAction): ArmError {
  return new ArmError(
    403,
    'AuthorizationFailed',
    `The client '${localCloud.clientId}' with object id '${localCloud.clientId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}
