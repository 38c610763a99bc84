import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { deploymentAnswer, deploymentId, isActive, type Deployments } from './deployments';
import type { DeploymentRequest } from './deploymentTemplate';

type Params = { group: string; deployment: string };
type Put = { Params: Params; Body: DeploymentRequest | undefined };

/**
 * The deployment history of resource groups (Microsoft.Resources/deployments 2021-04-01), for templates that deploy nothing: a
 * template with resources is refused, as there is nobody here to make them. `url` is that of local Azure itself.
 */
export function registerDeployments(app: FastifyInstance, url: string, deployments: Deployments): void {
  const all = '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Resources/deployments';
  const one = `${all}/:deployment`;

  app.get<{ Params: Params; Querystring: { $filter?: string; $top?: string } }>(all, async ({ params, query }) => ({
    value: deployments.list(params.group, query.$filter, query.$top).map(deploymentAnswer),
  }));
  app.get<{ Params: Params }>(one, async ({ params }) =>
    deploymentAnswer(deployments.find(params.group, params.deployment)),
  );
  app.put<Put>(one, async ({ params, body, headers }, reply) => {
    const correlation = headers['x-ms-correlation-request-id'];
    const correlationId = typeof correlation === 'string' ? correlation : undefined;
    const { isNew, deployment } = deployments.put(params.group, params.deployment, body, correlationId);
    const operation = `${url}${deploymentId(deployment)}/operationStatuses/${randomUUID()}?api-version=2021-04-01`;
    return reply
      .code(isNew ? 201 : 200)
      .header('azure-asyncoperation', operation)
      .send(deploymentAnswer(deployment));
  });
  app.post<Put>(`${one}/validate`, async ({ params, body }) => ({
    properties: deploymentAnswer(deployments.validate(params.group, params.deployment, body)).properties,
  }));
  app.get<{ Params: Params }>(`${one}/operationStatuses/:operation`, async ({ params }) => ({
    status: isActive(deployments.find(params.group, params.deployment)) ? 'Running' : 'Succeeded',
  }));
  app.delete<{ Params: Params }>(one, async ({ params }, reply) =>
    reply.code(deployments.delete(params.group, params.deployment) ? 202 : 204).send(),
  );
}
