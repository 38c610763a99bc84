import type { AmlCompute, ScaleSettings, ComputeInstance, ComputeResource } from '@azure/arm-machinelearning';
import { secondsOf } from '../isoDuration';
import { firstOf } from '../machineLearningSdk';
import type { Workspace } from '../workspace';

/** What of a compute of the workspace decides what a node of it costs. */
export interface Cluster {
  readonly name: string;
  /** AmlCompute, ComputeInstance, Kubernetes, … */
  readonly kind: string;
  /** Of AmlCompute and compute instances alone. */
  readonly size?: string;
  readonly os: 'Linux' | 'Windows';
  readonly isLowPriority: boolean;
  readonly location?: string;
  /** Of what grows and shrinks. */
  readonly scale?: { readonly minNodes: number; readonly maxNodes: number; readonly idleSeconds: number };
}

/** What Azure ML takes where a cluster does not say how long a node may idle. Source: az ml compute create, --idle-time-before-scale-down. */
const usualIdleSeconds = 120;

/** @returns undefined where the workspace has no compute of that name */
export async function readCluster(
  workspace: Workspace,
  name: string,
  signal: AbortSignal,
): Promise<Cluster | undefined> {
  const found = await workspace.find(
    ({ computeOperations }, place, options) => computeOperations.get(...place, name, options),
    { shape: 'object', signal },
  );
  return found && toCluster(found);
}

/** All computes of the workspace. */
export async function readClusters(workspace: Workspace, signal: AbortSignal): Promise<Cluster[]> {
  const found = await workspace.ask(
    ({ computeOperations }, place, options) => firstOf(computeOperations.list(...place, options)),
    { shape: { value: 'list' }, signal },
  );
  return found.map(toCluster);
}

function toCluster({ name = '', location, properties }: ComputeResource): Cluster {
  const kind = properties?.computeType ?? 'unknown';
  const common = { name, kind, location: properties?.computeLocation ?? location };
  if (kind === 'ComputeInstance') {
    const own = (properties as ComputeInstance).properties;
    return { ...common, size: own?.vmSize, os: 'Linux', isLowPriority: false };
  }
  const { vmSize, osType, vmPriority, scaleSettings } =
    (kind === 'AmlCompute' ? (properties as AmlCompute).properties : undefined) ?? {};
  return {
    ...common,
    size: vmSize,
    os: osType?.toLowerCase() === 'windows' ? 'Windows' : 'Linux',
    isLowPriority: vmPriority?.toLowerCase() === 'lowpriority',
    ...scaleOf(scaleSettings),
  };
}

function scaleOf(settings: ScaleSettings | undefined): Pick<Cluster, 'scale'> {
  if (settings?.maxNodeCount === undefined) return {};
  const { minNodeCount = 0, maxNodeCount, nodeIdleTimeBeforeScaleDown: idle } = settings;
  const idleSeconds = secondsOf(idle) ?? usualIdleSeconds;
  return { scale: { minNodes: minNodeCount, maxNodes: maxNodeCount, idleSeconds } };
}
