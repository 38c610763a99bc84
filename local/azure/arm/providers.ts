import type { FastifyInstance } from 'fastify';
import { localCloud } from '../context';
import { versionsOf } from './apiVersions';
import { regionNames } from './regions';
import type { ResourceTypes } from './resourceTypes';

type Params = { namespace: string };

/** The providers of resources, all of which are registered already. Source: azure-specs Microsoft.Resources. */
export function registerProviders(app: FastifyInstance, types: ResourceTypes): void {
  const all = '/subscriptions/:subscription/providers';
  const answer = (namespace: string) => providerAnswer(namespace, types.of(namespace) ?? []);

  app.get(all, async () => ({ value: types.namespaces().map(answer) }));
  app.get<{ Params: Params }>(`${all}/:namespace`, async ({ params }) => answer(params.namespace));
  app.post<{ Params: Params }>(`${all}/:namespace/register`, async ({ params }) => answer(params.namespace));
}

const providerAnswer = (namespace: string, resourceTypes: string[]) => ({
  id: `/subscriptions/${localCloud.subscriptionId}/providers/${namespace}`,
  namespace,
  registrationState: 'Registered',
  registrationPolicy: 'RegistrationRequired',
  resourceTypes: resourceTypes.map((resourceType) => ({
    resourceType,
    locations: Object.values(regionNames),
    // The newest first, as clients take the first one.
    apiVersions: versionsOf(namespace).sort().reverse(),
  })),
});
