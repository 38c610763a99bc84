import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../context';

/** Microsoft.ContainerRegistry in the resource manager: registries and ACR Tasks. */
export function registerContainerRegistry(_app: FastifyInstance, _context: LocalAzureContext): void {}
