import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ArmError, localCloud, type Collection, type LocalAzureContext } from '../context';
import type { ContainerEvent } from './containerGroup';

/** A long-running operation, as the service shows it (facts on Azure, §4). */
interface Operation {
  id: string;
  status: 'Pending' | 'Succeeded' | 'Failed';
  startTime: string;
  properties: { events: ContainerEvent[] };
  error?: { code: string; message: string };
}

type Params = { operation: string };

const token = (bytes: number): string => randomBytes(bytes).toString('base64url');

export class Operations {
  private readonly operations: Collection<Operation>;

  constructor(private readonly context: LocalAzureContext) {
    this.operations = context.collection<Operation>('containerGroupOperations');
  }

  /** Returns the operation's id and the header that names where it is watched. */
  begin(resourceId: string, location: string): { id: string; header: Record<string, string> } {
    const id = randomUUID();
    this.operations.put(id, {
      id: resourceId,
      status: 'Pending',
      startTime: new Date().toISOString(),
      properties: { events: [] },
    });
    const path = `/subscriptions/${localCloud.subscriptionId}/providers/Microsoft.ContainerInstance/locations/${location}/operations/${id}`;
    // Signed, so that a client must take the URL as it is. Source: azure-cli, test_container_create_with_acr.yaml.
    const signature = new URLSearchParams({ t: String(Date.now()), c: token(60), s: token(40), h: token(16) });
    return { id, header: { 'azure-asyncoperation': `${this.context.url}${path}?api-version=2018-06-01&${signature}` } };
  }

  end(id: string, events: ContainerEvent[], error?: { code: string; message: string }): void {
    const operation = this.operations.get(id);
    if (!operation) return;
    this.operations.put(id, { ...operation, status: error ? 'Failed' : 'Succeeded', properties: { events }, error });
  }

  register(app: FastifyInstance): void {
    const path =
      '/subscriptions/:subscription/providers/Microsoft.ContainerInstance/locations/:location/operations/:operation';
    app.get<{ Params: Params }>(path, async ({ params }) => {
      const operation = this.operations.get(params.operation);
      if (operation) return operation;
      throw new ArmError(404, 'OperationNotFound', `The operation '${params.operation}' was not found.`);
    });
  }
}
