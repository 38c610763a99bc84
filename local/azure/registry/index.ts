import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../context';

/** The OCI registries of the local cloud: /v2/ and /oauth2/ at the host <registry>.azurecr.localhost. */
export function registerOciRegistry(_app: FastifyInstance, _context: LocalAzureContext): void {}
