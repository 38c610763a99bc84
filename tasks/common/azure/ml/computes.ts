import type { AmlCompute, ScaleSettings, ComputeInstance, ComputeResource } from '@azure/arm-machinelearning';
import { secondsOf } from './isoDuration';
import { firstOf } from './machineLearningSdk';
import type { Workspace } from './workspace';

/** What of a compute of the workspace decides what a node of it costs. */
export interface Cluster {
  readonly name: string;
  /** AmlCompute, ComputeInstance, Kubernetes, … */
  readonly kind: string;
  /** Of AmlCompute and compute instances only. */
  readonly size?: string;
  readonly os: 'Linux' | 'Windows';
  readonly isLowPriority: boolean;
  readonly location?: string;
  /** Of what grows and shrinks. */
  readonly scale?: { readonly minNodes: number; readonly maxNodes: number; readonly idleSeconds: number };
}

/** What Azure ML takes where a cluster does not say how long a node may idle. Source: az ml compute create, --idle-time-before-scale-down. */
const usualIdleSeconds = 120;

/**
 * The computes of a workspace, whoever asks for them: what a job runs on is checked, and has a price. Each is read once; what could
 * not be read, or was not there, may be asked for again.
 */
export class Computes {
  private readonly each = new Map<string, Promise<Cluster | undefined>>();
  private all: Promise<Cluster[]> | undefined;

  constructor(
    private readonly workspace: Workspace,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * @param isOneOfSeveral whether others will be asked for, too: then all are read, in one request
   * @returns undefined where the workspace has no compute of that name
   */
  find(name: string, isOneOfSeveral = false): Promise<Cluster | undefined> {
    const key = name.toLowerCase();
    const known = this.each.get(key);
    if (known) return known;
    const asked = this.look(name, isOneOfSeveral);
    this.each.set(key, asked);
    const forget = () => this.each.delete(key);
    asked.then((found) => found ?? forget(), forget);
    return asked;
  }

  /** All of them. */
  list(): Promise<Cluster[]> {
    if (this.all) return this.all;
    const asked = this.readAll();
    asked.catch(() => (this.all = undefined));
    return (this.all = asked);
  }

  private async look(name: string, isOneOfSeveral: boolean): Promise<Cluster | undefined> {
    const listed = async () => (await this.list()).find((cluster) => cluster.name.toLowerCase() === name.toLowerCase());
    // Reads are eventually consistent: a compute that either of them has is there.
    if (isOneOfSeveral || this.all) return (await listed()) ?? this.read(name);
    return (await this.read(name)) ?? listed();
  }

  private async read(name: string): Promise<Cluster | undefined> {
    const found = await this.workspace.find(
      ({ computeOperations }, place, options) => computeOperations.get(...place, name, options),
      { shape: 'object', signal: this.signal },
    );
    return found && toCluster(found);
  }

  private async readAll(): Promise<Cluster[]> {
    const found = await this.workspace.ask(
      ({ computeOperations }, place, options) => firstOf(computeOperations.list(...place, options)),
      { shape: { value: 'list' }, signal: this.signal },
    );
    return found.map(toCluster);
  }
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
