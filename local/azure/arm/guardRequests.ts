import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ArmError, localCloud } from '../context';
import type { TokenIssuer } from '../entra/tokenIssuer';
import { checkApiVersion } from './apiVersions';
import { checkQueryParameters } from './queryParameters';
import { isDataPlanePath } from './dataPlanes';
import { checkAuthorization, checkDataPlaneAuthorization } from './authorization';
import { sendDataPlaneError } from '../machineLearning/mlError';
import type { ResourceGroups } from './resourceGroups';
import type { ResourceTypes } from './resourceTypes';

const isArmPath = (url: string): boolean => /^\/(subscriptions|tenants)(\/|\?|$)/i.test(url);

/** What every request to Azure Resource Manager, and to a data plane of Azure ML, passes before its provider sees it. */
export function guardRequests(
  app: FastifyInstance,
  url: string,
  groups: ResourceGroups,
  tokens: TokenIssuer,
  types: ResourceTypes,
): void {
  const countDown = rateLimits();

  app.addHook('onRequest', async (request, reply) => {
    const arm = isArmPath(request.url);
    if (!arm && !isDataPlanePath(request.url)) return;
    const correlation = request.headers['x-ms-correlation-request-id'];
    reply.header('x-ms-request-id', randomUUID());
    reply.header('x-ms-correlation-request-id', typeof correlation === 'string' ? correlation : randomUUID());
    const { authorization } = request.headers;
    if (!arm) {
      try {
        return checkDataPlaneAuthorization(authorization, url, tokens);
      } catch (error) {
        // Whatever is asked of them, be it there or not.
        return sendDataPlaneError(error, request, reply);
      }
    }
    checkAuthorization(authorization, url, tokens);
    countDown(request, reply);
    const [path = '', query] = request.url.split('?', 2);
    const apiVersion = new URLSearchParams(query).get('api-version') ?? undefined;
    types.check(path, apiVersion);
    checkApiVersion(path, apiVersion);
    if (request.method === 'GET') checkQueryParameters(path, new URLSearchParams(query));
    checkScope(request.method, path, groups);
  });
}

/** What is left of a subscription's reads and writes, told with every answer. */
function rateLimits(): (request: FastifyRequest, reply: FastifyReply) => void {
  let writes = 1199;
  let reads = 11999;
  return ({ method }, reply) => {
    if (method === 'GET') reply.header('x-ms-ratelimit-remaining-subscription-reads', String(reads--));
    else reply.header('x-ms-ratelimit-remaining-subscription-writes', String(writes--));
  };
}

/** Throws where the subscription or the resource group of a path is not there. */
function checkScope(method: string, path: string, groups: ResourceGroups): void {
  const [, , subscription, scope, encodedGroup] = path.split('/');
  if (/^\/subscriptions\//i.test(path) && subscription && subscription.toLowerCase() !== localCloud.subscriptionId) {
    throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);
  }
  const createsGroup = method === 'PUT' && path.split('/').length === 5;
  if (scope?.toLowerCase() !== 'resourcegroups' || !encodedGroup || createsGroup) return;
  const group = decodeURIComponent(encodedGroup);
  if (!groups.find(group)) {
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
  }
}
