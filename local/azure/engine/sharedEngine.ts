import type { LocalAzureContext } from '../context';
import { EmbeddedEngine } from './embedded/embeddedEngine';
import type { ContainerEngine } from './engine';

const engines = new WeakMap<LocalAzureContext, ContainerEngine>();

/** The engine of a local cloud, which its registry builds with and its container instances run on. */
export function sharedEngine(context: LocalAzureContext): ContainerEngine {
  let engine = engines.get(context);
  if (!engine) {
    const made = new EmbeddedEngine(context);
    engines.set(context, made);
    context.onClose(() => made.close());
    engine = made;
  }
  return engine;
}
