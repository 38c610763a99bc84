import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../context';

/** Microsoft.ContainerInstance in the resource manager, with the identities and workspaces that its groups refer to. */
export function registerContainerInstances(_app: FastifyInstance, _context: LocalAzureContext): void {}
