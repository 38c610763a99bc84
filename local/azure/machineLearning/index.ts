import type { FastifyInstance } from 'fastify';
import type { LocalAzureContext } from '../context';
import type { TokenIssuer } from '../entra/tokenIssuer';

export interface MachineLearningOptions {
  tokens: TokenIssuer;
  storageKey: string;
  python?: string;
}

/** Microsoft.MachineLearningServices in the resource manager, and its data planes. */
export async function registerMachineLearning(
  _app: FastifyInstance,
  _context: LocalAzureContext,
  _options: MachineLearningOptions,
): Promise<void> {}
