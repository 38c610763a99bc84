import type { AmlCompute } from '@azure/arm-machinelearning';
import type { Workspace } from '../../workspace';

/** Source: azure-rest-api-specs, machineLearningServices.json, AmlComputeProperties. */
interface Cluster {
  readonly allocationState?: string | null;
  readonly currentNodeCount?: number | null;
  readonly scaleSettings?: { readonly maxNodeCount?: number | null } | null;
  readonly nodeStateCounts?: Readonly<Record<string, number | null>> | null;
  readonly errors?: ReadonlyArray<{ readonly error?: { readonly message?: string } | null }> | null;
}

/**
 * Says how a cluster stands for which a job waits: its nodes, and what keeps it from getting more, such as a quota. The
 * service tells no place in the queue.
 * @param computeId ARM id
 * @returns undefined for computes of another kind
 */
export async function computeState(
  workspace: Workspace,
  computeId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = computeId.split('/').at(-1)!;
  const { properties } = await workspace.ask(
    ({ computeOperations }, place, options) => computeOperations.get(...place, name, options),
    { shape: 'object', signal },
  );
  const ofCluster = properties?.computeType === 'AmlCompute' ? (properties as AmlCompute).properties : undefined;
  if (!ofCluster) return undefined;
  const { nodeStateCounts, ...cluster } = ofCluster;
  return clusterText({ ...cluster, nodeStateCounts: { ...nodeStateCounts } });
}

const states: Array<[string, string]> = [
  ['runningNodeCount', 'running'],
  ['idleNodeCount', 'idle'],
  ['preparingNodeCount', 'being prepared'],
  ['preemptedNodeCount', 'preempted'],
  ['unusableNodeCount', 'unusable'],
];

/** "resizing, 1 of at most 4 nodes are there, 1 running. It reports: …" */
export function clusterText({
  allocationState,
  currentNodeCount: current,
  scaleSettings,
  nodeStateCounts,
  errors,
}: Cluster): string | undefined {
  const most = scaleSettings?.maxNodeCount;
  const nodes = most == null ? `${current} nodes are there` : `${current} of at most ${most} nodes are there`;
  const text = [
    allocationState && !/^steady$/i.test(allocationState) ? allocationState.toLowerCase() : undefined,
    current == null ? undefined : nodes,
    ...states.map(([key, word]) => (nodeStateCounts?.[key] ? `${nodeStateCounts[key]} ${word}` : undefined)),
  ]
    .filter((part) => part !== undefined)
    .join(', ');
  const reports = (errors ?? []).map(({ error }) => error?.message?.trim()).filter((message) => message);
  return (
    [text, ...(reports.length > 0 ? [`It reports: ${reports.join(' ')}`] : [])].filter((part) => part).join('. ') ||
    undefined
  );
}
