import { createHash, randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ArmError, localCloud, type LocalAzureContext } from '../context';

interface Template {
  parameters?: Record<string, { type?: string; defaultValue?: unknown }>;
  resources?: unknown[];
}

interface DeploymentRequest {
  properties?: {
    mode?: string;
    template?: Template;
    parameters?: Record<string, { value?: unknown }>;
  };
}

interface Deployment {
  name: string;
  resourceGroup: string;
  mode: string;
  templateHash: string;
  parameters: Record<string, { type: string; value?: unknown }>;
  correlationId: string;
  /** Milliseconds since the epoch. */
  begun: number;
}

type Params = { group: string; deployment: string };

/** How long even a deployment of nothing is under way, in milliseconds. */
const duration = 300;

/**
 * The deployment history of resource groups (Microsoft.Resources/deployments 2021-04-01), for templates that deploy nothing: a
 * template with resources is refused, as there is nobody here to make them.
 */
export function registerDeployments(app: FastifyInstance, context: LocalAzureContext): void {
  const deployments = context.collection<Deployment>('deployments');
  const one =
    '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Resources/deployments/:deployment';
  const idOf = ({ resourceGroup, name }: Deployment) =>
    `/subscriptions/${localCloud.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Resources/deployments/${name}`;
  const isActive = ({ begun }: Deployment) => Date.now() < begun + duration;
  const answer = (deployment: Deployment) => ({
    id: idOf(deployment),
    name: deployment.name,
    type: 'Microsoft.Resources/deployments',
    properties: {
      templateHash: deployment.templateHash,
      parameters: deployment.parameters,
      mode: deployment.mode,
      provisioningState: isActive(deployment) ? 'Accepted' : 'Succeeded',
      timestamp: new Date(deployment.begun).toISOString(),
      duration: isActive(deployment) ? 'PT0S' : `PT${duration / 1000}S`,
      correlationId: deployment.correlationId,
      providers: [],
      dependencies: [],
    },
  });
  const find = ({ group, deployment }: Params): Deployment => {
    const found = deployments.get(`${group}/${deployment}`);
    if (found) return found;
    throw new ArmError(404, 'DeploymentNotFound', `Deployment '${deployment}' could not be found.`);
  };

  app.get<{ Params: Params; Querystring: { $filter?: string; $top?: string } }>(
    one.replace('/:deployment', ''),
    async ({ params, query }) => {
      const [, state] = /^\s*provisioningState\s+eq\s+'(\w+)'\s*$/i.exec(query.$filter ?? '') ?? [];
      if (query.$filter && !state) {
        throw new ArmError(400, 'InvalidFilterInQueryString', `Invalid $filter '${query.$filter}' specified in the query string.`); // prettier-ignore
      }
      const top = Number(query.$top ?? 1000);
      if (!Number.isInteger(top) || top < 1) throw new ArmError(400, 'InvalidTopValue', "The '$top' is not valid.");
      const found = deployments
        .list()
        .map(({ value }) => value)
        .filter(({ resourceGroup }) => resourceGroup.toLowerCase() === params.group.toLowerCase())
        .map(answer)
        .filter(({ properties }) => !state || properties.provisioningState.toLowerCase() === state.toLowerCase());
      return { value: found.reverse().slice(0, top) };
    },
  );
  app.get<{ Params: Params }>(one, async ({ params }) => answer(find(params)));

  app.put<{ Params: Params; Body: DeploymentRequest | undefined }>(one, async ({ params, body, headers }, reply) => {
    const former = deployments.get(`${params.group}/${params.deployment}`);
    if (former && isActive(former)) {
      throw new ArmError(
        409,
        'DeploymentActive',
        `Unable to edit or replace deployment '${former.name}': previous deployment from '${new Date(former.begun).toISOString()}' is still active. Please see https://aka.ms/arm-deploy for usage details.`,
      );
    }
    const { mode, template, parameters } = readDeployment(params.deployment, body);
    const correlation = headers['x-ms-correlation-request-id'];
    const deployment: Deployment = {
      name: former?.name ?? params.deployment,
      resourceGroup: former?.resourceGroup ?? params.group,
      mode,
      templateHash: hashOf(template),
      parameters,
      correlationId: typeof correlation === 'string' ? correlation : randomUUID(),
      begun: Date.now(),
    };
    deployments.put(`${params.group}/${params.deployment}`, deployment);
    return reply
      .code(former ? 200 : 201)
      .header(
        'azure-asyncoperation',
        `${context.url}${idOf(deployment)}/operationStatuses/${randomUUID()}?api-version=2021-04-01`,
      )
      .send(answer(deployment));
  });

  app.post<{ Params: Params; Body: DeploymentRequest | undefined }>(`${one}/validate`, async ({ params, body }) => {
    const { mode, template, parameters } = readDeployment(params.deployment, body);
    const { group: resourceGroup, deployment: name } = params;
    const validated = { name, resourceGroup, mode, templateHash: hashOf(template), parameters, correlationId: randomUUID(), begun: 0 }; // prettier-ignore
    return { properties: answer(validated).properties };
  });

  app.get<{ Params: Params }>(`${one}/operationStatuses/:operation`, async ({ params }) => ({
    status: isActive(find(params)) ? 'Running' : 'Succeeded',
  }));

  app.delete<{ Params: Params }>(one, async ({ params }, reply) =>
    reply.code(deployments.delete(`${params.group}/${params.deployment}`) ? 202 : 204).send(),
  );
}

const hashOf = (template: Template): string =>
  String(createHash('sha256').update(JSON.stringify(template)).digest().readBigUInt64BE());

/** Throws what the resource manager answers to a request that it would not take. */
function readDeployment(
  name: string,
  body: DeploymentRequest | undefined,
): { mode: string; template: Template; parameters: Deployment['parameters'] } {
  if (!/^[-\w._()]{1,64}$/.test(name)) {
    throw new ArmError(
      400,
      'InvalidDeploymentName',
      `The deployment name '${name}' is invalid. The name can contain only letters, digits, '-', '.', '_', '(' and ')', at most 64 of them.`,
    );
  }
  const { mode, template, parameters: given = {} } = body?.properties ?? {};
  if (!template || !mode || !/^(incremental|complete)$/i.test(mode)) {
    throw new ArmError(
      400,
      'InvalidRequestContent',
      "The request content was invalid: the properties 'mode' and 'template' are required.",
    );
  }
  const invalid = (problem: string) =>
    new ArmError(400, 'InvalidTemplate', `Deployment template validation failed: '${problem}'.`);
  const declared = template.parameters ?? {};
  const unknown = Object.keys(given).filter((key) => !(key in declared));
  if (unknown.length > 0) {
    throw invalid(
      `The template parameters '${unknown.join(', ')}' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time`,
    );
  }
  if ((template.resources ?? []).length > 0) {
    throw new ArmError(501, 'NotImplemented', 'Local Azure makes no resources by a template.');
  }
  const parameters = Object.entries(declared).map(([key, { type = '', defaultValue }]) => {
    const value = given[key]?.value ?? defaultValue;
    if (value === undefined) throw invalid(`The value for the template parameter '${key}' is not provided`);
    if (/^string$/i.test(type) && typeof value !== 'string') {
      throw invalid(`Template parameter JToken type is not valid. Expected 'String, Uri'`);
    }
    const shown = type.charAt(0).toUpperCase() + type.slice(1);
    // What is secure never comes back.
    return [key, /^secure/i.test(type) ? { type: shown } : { type: shown, value }] as const;
  });
  return { mode, template, parameters: Object.fromEntries(parameters) };
}
