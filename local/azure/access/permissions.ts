import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../context';

const group = '/subscriptions/:subscription/resourceGroups/:group';
const permissions = 'providers/Microsoft.Authorization/permissions';

/** What the caller may do at a resource group or a resource (Microsoft.Authorization/permissions 2022-04-01). */
export function registerPermissions(app: FastifyInstance, { access }: Pick<LocalAzureContext, 'access'>): void {
  const paths = [
    `${group}/${permissions}`,
    `${group}/providers/:namespace/:type/:name/${permissions}`,
    `${group}/providers/:namespace/:parentType/:parent/:type/:name/${permissions}`,
  ];
  for (const path of paths) {
    app.get(path, async (request) => {
      const scope = decodeURI(request.url.split('?')[0]!).replace(
        /\/providers\/microsoft\.authorization\/permissions$/i,
        '',
      );
      return { value: access.permissionsAt(scope) };
    });
  }
}
