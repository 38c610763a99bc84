import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RegistryAccount } from '../registry/registryAccounts';
import type { Registries, RegistryBody, RegistryName } from './registries';
import { registryAnswer } from './registryAnswer';

const provider = '/providers/Microsoft.ContainerRegistry';
const subscription = '/subscriptions/:subscription';
const ofGroup = `${subscription}/resourceGroups/:group${provider}/registries`;

/** The path of one registry, below which all of its parts lie. */
export const registryRoute = `${ofGroup}/:registry`;

type Route = { Params: RegistryName };

/** The registries themselves. Source: azure-specs Microsoft.ContainerRegistry 2023-07-01. */
export function registerRegistries(app: FastifyInstance, registries: Registries, port: number): void {
  const answer = (account: RegistryAccount, { query }: FastifyRequest) =>
    registryAnswer(account, (query as { 'api-version'?: string })['api-version'] ?? '', port);
  const list = (request: FastifyRequest, group?: string) => ({
    value: registries.list(group).map((account) => answer(account, request)),
  });

  app.get(`${subscription}${provider}/registries`, async (request) => list(request));
  app.get<Route>(ofGroup, async (request) => list(request, request.params.group));
  app.get<Route>(registryRoute, async (request) => answer(registries.get(request.params), request));
  app.put<Route & { Body: RegistryBody | undefined }>(registryRoute, async (request, reply) => {
    const { isNew, account } = registries.put(request.params, request.body ?? {});
    return reply.code(isNew ? 201 : 200).send(answer(account, request));
  });
  app.patch<Route & { Body: RegistryBody | undefined }>(registryRoute, async (request) =>
    answer(registries.patch(request.params, request.body ?? {}), request),
  );
  app.delete<Route>(registryRoute, async ({ params }, reply) =>
    reply.code(registries.delete(params) ? 200 : 204).send(),
  );
  app.post<{ Body: { name?: string } | undefined }>(
    `${subscription}${provider}/checkNameAvailability`,
    async ({ body }) => registries.availability(body?.name ?? ''),
  );
  app.post<Route & { Body: { name?: string } | undefined }>(
    `${registryRoute}/regenerateCredential`,
    async ({ params, body }) => registries.regenerate(params, body?.name),
  );
  app.post<Route>(`${registryRoute}/listCredentials`, async ({ params }) => registries.credentials(params));
  app.get<Route>(`${registryRoute}/listUsages`, async ({ params }) => {
    registries.get(params);
    return { value: [{ name: 'Size', limit: 107374182400, currentValue: 0, unit: 'Bytes' }] };
  });
  // Registries here lie in one region.
  app.get<Route>(`${registryRoute}/replications`, async ({ params }) => {
    registries.get(params);
    return { value: [] };
  });
}
