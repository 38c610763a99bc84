import type { FastifyInstance } from 'fastify';
import { localCloud, type LocalAzureContext } from '../../context';
import { notFound } from '../mlError';
import { page } from '../paging';
import { resourceId, workspaceRoute } from '../resourceIds';

export interface Compute {
  name: string;
  maxNodeCount: number;
}

/** Nodes of the cluster; jobs beyond them queue. */
export const defaultNodeCount = 2;

export interface ComputeUse {
  /** Nodes that run something now. */
  busyNodes(): number;
}

/** An AmlCompute cluster of the workspace, in the shape of the service. */
export function registerComputes(
  app: FastifyInstance,
  context: LocalAzureContext,
  computes: Compute[],
  use: ComputeUse,
): void {
  const created = new Date().toISOString();
  const answer = (compute: Compute) => ({
    id: resourceId('computes', compute.name),
    name: compute.name,
    type: 'Microsoft.MachineLearningServices/workspaces/computes',
    location: localCloud.location,
    tags: {},
    properties: {
      computeType: 'AmlCompute',
      computeLocation: localCloud.location,
      description: '',
      provisioningState: 'Succeeded',
      createdOn: created,
      modifiedOn: created,
      isAttachedCompute: false,
      disableLocalAuth: false,
      properties: {
        osType: 'Linux',
        vmSize: 'STANDARD_DS3_V2',
        vmPriority: 'Dedicated',
        scaleSettings: { minNodeCount: 0, maxNodeCount: compute.maxNodeCount, nodeIdleTimeBeforeScaleDown: 'PT120S' },
        allocationState: 'Steady',
        currentNodeCount: use.busyNodes(),
        targetNodeCount: use.busyNodes(),
        nodeStateCounts: {
          idleNodeCount: 0,
          runningNodeCount: use.busyNodes(),
          preparingNodeCount: 0,
          unusableNodeCount: 0,
          leavingNodeCount: 0,
          preemptedNodeCount: 0,
        },
        propertyBag: {},
      },
    },
  });
  app.get(`${workspaceRoute}/computes`, async (request) => page(request, context.url, computes.map(answer)));
  app.get<{ Params: { name: string } }>(`${workspaceRoute}/computes/:name`, async (request) => {
    const compute = computes.find((candidate) => candidate.name === request.params.name.toLowerCase());
    if (!compute) throw notFound(`Compute with name '${request.params.name}'`);
    return answer(compute);
  });
}
