import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../context';
import { registerRegistries } from './registries';

/** Microsoft.ContainerRegistry in the resource manager: registries and ACR Tasks. */
export function registerContainerRegistry(app: FastifyInstance, context: LocalAzureContext): void {
  registerRegistries(app, context);
}
