import { localCloud } from '../../context';
import { notFound } from '../mlError';
import { resourceId } from '../resourceIds';

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

/** The AmlCompute clusters of the workspace, in the shape of the service. */
export class Computes {
  private readonly created = new Date().toISOString();

  constructor(
    private readonly computes: readonly Compute[],
    private readonly use: ComputeUse,
  ) {}

  list() {
    return this.computes.map((compute) => this.answer(compute));
  }

  /** @throws MlError where there is none */
  get(name: string) {
    const compute = this.computes.find((each) => each.name === name.toLowerCase());
    if (!compute) throw notFound(`Compute with name '${name}'`);
    return this.answer(compute);
  }

  private answer({ name, maxNodeCount }: Compute) {
    const busy = this.use.busyNodes();
    return {
      id: resourceId('computes', name),
      name,
      type: 'Microsoft.MachineLearningServices/workspaces/computes',
      location: localCloud.location,
      tags: {},
      properties: {
        computeType: 'AmlCompute',
        computeLocation: localCloud.location,
        description: '',
        provisioningState: 'Succeeded',
        createdOn: this.created,
        modifiedOn: this.created,
        isAttachedCompute: false,
        disableLocalAuth: false,
        properties: {
          osType: 'Linux',
          vmSize: 'STANDARD_DS3_V2',
          vmPriority: 'Dedicated',
          scaleSettings: { minNodeCount: 0, maxNodeCount, nodeIdleTimeBeforeScaleDown: 'PT120S' },
          allocationState: 'Steady',
          currentNodeCount: busy,
          targetNodeCount: busy,
          nodeStateCounts: {
            idleNodeCount: 0,
            runningNodeCount: busy,
            preparingNodeCount: 0,
            unusableNodeCount: 0,
            leavingNodeCount: 0,
            preemptedNodeCount: 0,
          },
          propertyBag: {},
        },
      },
    };
  }
}
