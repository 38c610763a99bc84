import type { FastifyInstance } from 'fastify';
import { ArmError } from '../context';

/** `Microsoft.ContainerRegistry` and `registries/runs`, of a path or route that names a resource or an action on one. */
export interface ResourceType {
  namespace: string;
  /** Empty where the path is the provider's own. */
  type: string;
}

/** What the last provider in a path is asked for; undefined where the path has none. */
export function resourceTypeOf(path: string): ResourceType | undefined {
  const [, namespace = '', rest = ''] = /.*\/providers\/([^/]+)(?:\/(.*))?$/i.exec(path.replace(/\/+$/, '')) ?? [];
  if (namespace === '') return undefined;
  const segments = rest.split('/').filter(Boolean);
  return { namespace, type: segments.filter((_, index) => index % 2 === 0).join('/') };
}

/**
 * The resource types that the local cloud has, as its routes say. A type that it does not have is told apart from a resource
 * that does not exist, in the words of Azure Resource Manager.
 */
export class ResourceTypes {
  private readonly known = new Map<string, Map<string, string>>();
  /** As they are written. */
  private readonly names = new Map<string, string>();

  /** Must be called before the routes are set up. */
  watch(app: FastifyInstance): void {
    app.addHook('onRoute', ({ url }) => {
      if (!url.startsWith('/subscriptions/')) return;
      const found = resourceTypeOf(url);
      if (!found || found.namespace.startsWith(':')) return;
      const types = this.known.get(found.namespace.toLowerCase()) ?? new Map<string, string>();
      if (found.type) types.set(found.type.toLowerCase(), found.type);
      this.known.set(found.namespace.toLowerCase(), types);
      this.names.set(found.namespace.toLowerCase(), found.namespace);
    });
  }

  /** Throws what the resource manager answers to a path of a type that is not there. */
  check(path: string, apiVersion: string | undefined): void {
    const asked = resourceTypeOf(path);
    if (!asked) return;
    const types = this.known.get(asked.namespace.toLowerCase());
    if (!types) {
      const message = `The resource namespace '${asked.namespace}' is invalid. Local Azure does not have it.`;
      throw new ArmError(404, 'InvalidResourceNamespace', message);
    }
    if (!asked.type || types.has(asked.type.toLowerCase())) return;
    throw new ArmError(
      404,
      'InvalidResourceType',
      `The resource type '${asked.type}' could not be found in the namespace '${asked.namespace}' for api version '${apiVersion ?? ''}'. ` +
        'Local Azure does not have it.',
    );
  }

  /** Of a provider, without the actions on its resources; undefined where there is no such provider. */
  of(namespace: string): string[] | undefined {
    const types = this.known.get(namespace.toLowerCase());
    return types && [...types.values()].filter((type) => !/(^|\/)(list|check|get|start|stop|restart|cancel|schedule)[A-Z]?\w*$/.test(type)); // prettier-ignore
  }

  namespaces(): string[] {
    return [...this.names.values()];
  }
}
