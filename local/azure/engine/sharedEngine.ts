import type { LocalAzureContext } from '../context';
import { EmbeddedEngine } from './embedded/embeddedEngine';
import type { ContainerEngine } from './engine';
import { PodmanEngine } from './podman/podmanEngine';

const engines = new WeakMap<LocalAzureContext, ContainerEngine>();

/**
 * The engine of a local cloud, which its registry builds with and its container instances run on. LOCAL_AZURE_ENGINE says
 * which: `embedded` (the usual one, which needs nothing) or `podman`.
 */
export function sharedEngine(context: LocalAzureContext): ContainerEngine {
  let engine = engines.get(context);
  if (!engine) {
    const made = createEngine(context, process.env.LOCAL_AZURE_ENGINE ?? 'embedded');
    engines.set(context, made);
    context.onClose(() => made.close());
    engine = made;
  }
  return engine;
}

function createEngine(context: LocalAzureContext, name: string): ContainerEngine {
  switch (name) {
    case 'embedded':
      return new EmbeddedEngine(context);
    case 'podman':
      return new PodmanEngine(context);
    default:
      throw new Error(`LOCAL_AZURE_ENGINE is '${name}': it must be embedded or podman.`);
  }
}
