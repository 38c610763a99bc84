import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ArmError, type Collection, type LocalAzureContext } from '../context';
import {
  ContainerStartError,
  type ContainerEngine,
  type ContainerGroupSandbox,
  type RunningContainer,
} from '../engine/engine';
import { addEvent, groupKey, type ContainerGroup, type InstanceView } from './containerGroup';
import type { FileShares } from '../files/fileShares';
import type { ContainerLogs } from './containerLog';
import { ContainerRunner, type RunnableContainer } from './containerRunner';
import { sizeOf, type ContainerDefinition, type InitContainerDefinition } from './groupDefinition';
import type { FoundImage } from './imageAccess';
import { makeVolumes, MountError, mountsOf } from './volumes';

export interface GroupRunnerTools {
  context: LocalAzureContext;
  engine: ContainerEngine;
  groups: Collection<ContainerGroup>;
  logs: ContainerLogs;
  shares: FileShares;
}

/** A provisioning that came to nothing, with what the service says of it. */
export class ProvisioningError extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** Name of the event that tells of it. */
    readonly event = 'Failed',
  ) {
    super(message);
  }
}

/** Runs one container group: brings it up, keeps its record, and takes it down. */
export class GroupRunner {
  private sandbox: ContainerGroupSandbox | undefined;
  private runners: ContainerRunner[] = [];
  private readonly volumes: string;
  private isTakenDown = false;

  constructor(
    private readonly tools: GroupRunnerTools,
    readonly group: ContainerGroup,
    private readonly images: ReadonlyMap<string, FoundImage>,
  ) {
    this.volumes = join(tools.context.stateDir, 'container-groups', group.uid);
  }

  /**
   * Resolves when every container was started once. Throws a ProvisioningError when the group cannot be brought up.
   * @param ready what must be done before
   */
  async bringUp(ready: Promise<void>): Promise<void> {
    const { group } = this;
    const { properties, location } = group.definition;
    try {
      await ready;
      if (this.closed) return;
      await this.actOutFaults();
      if (this.closed) return;
      makeVolumes(this.volumes, properties.volumes ?? [], this.tools.shares);
      const sandbox = await this.createSandbox();
      this.sandbox = sandbox;
      await this.runInitContainers(sandbox);
      if (this.closed) return;
      this.runners = properties.containers.map((container) => this.begin(container, sandbox));
      await Promise.all(this.runners.map((runner) => runner.started));
      if (this.closed) return;
      this.update({ provisioningState: 'Succeeded', state: 'Running' });
      this.tools.context.log(`Container group ${group.name} runs at ${group.fqdn ?? group.address} in ${location}`);
      void this.watchEnd();
    } catch (error) {
      if (this.closed) return;
      throw await this.fail(error);
    }
  }

  /** What is planned to go wrong. */
  private async actOutFaults(): Promise<void> {
    const { context } = this.tools;
    const slow = context.takeFault('aci.slowStart')?.seconds;
    if (typeof slow === 'number') await new Promise((resolve) => setTimeout(resolve, slow * 1000).unref());
    const capacity = context.takeFault('aci.capacity');
    if (capacity) throw new ProvisioningError('Failed', capacityMessage(this.group), 'InsufficientCapacity.');
    const failure = context.takeFault('aci.provisioningFails');
    if (!failure) return;
    const { code = 'Failed', message = 'The provisioning failed.' } = failure as { code?: string; message?: string };
    throw new ProvisioningError(code, message);
  }

  private createSandbox(): Promise<ContainerGroupSandbox> {
    const { group } = this;
    return this.tools.engine.createSandbox({
      id: `${group.name}-${group.uid.slice(0, 8)}`,
      address: group.address ?? '127.0.0.1',
      ports: group.definition.properties.ipAddress?.ports.map(({ port }) => port) ?? [],
    });
  }

  /** Notes on the group why it did not come up, and ends what had begun. */
  private async fail(error: unknown): Promise<ProvisioningError> {
    const { group } = this;
    const isKnown = [ProvisioningError, ContainerStartError, MountError, ArmError].some(
      (kind) => error instanceof kind,
    );
    const { message, stack } = error as Error;
    if (!isKnown) this.tools.context.log(`Container group ${group.name} failed: ${stack}`);
    const failure =
      error instanceof ProvisioningError
        ? error
        : new ProvisioningError(error instanceof ArmError ? error.code : 'Failed', message);
    addEvent(group.events, failure.event, failure.message, 'Warning');
    this.update({ provisioningState: 'Failed', state: 'Failed', wanted: false });
    await this.stopContainers();
    return failure;
  }

  /** Ends the containers; nothing of the group runs afterwards. */
  async takeDown(graceInSeconds?: number): Promise<void> {
    this.isTakenDown = true;
    await this.stopContainers(graceInSeconds);
    rmSync(this.volumes, { recursive: true, force: true });
  }

  /** What is still under way then changes the record no more. */
  private get closed(): boolean {
    return this.isTakenDown || this.tools.context.closing.aborted;
  }

  isRunning(container: string): boolean {
    return this.group.instanceViews[container]?.currentState?.state === 'Running';
  }

  running(container: string): RunningContainer | undefined {
    return this.runners.find(({ name }) => name === container)?.current;
  }

  private async stopContainers(graceInSeconds?: number): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop(graceInSeconds)));
    this.runners = [];
    await this.sandbox?.remove();
    this.sandbox = undefined;
  }

  private async runInitContainers(sandbox: ContainerGroupSandbox): Promise<void> {
    for (const container of this.group.definition.properties.initContainers ?? []) {
      const runner = this.begin(container, sandbox, true);
      this.runners = [runner];
      const exitCode = await runner.ended;
      if (this.closed) return;
      if (exitCode !== 0) {
        throw new ProvisioningError('Failed', `The init container ${container.name} ended with exit code ${exitCode}.`);
      }
    }
    this.runners = [];
  }

  private begin(
    container: ContainerDefinition | InitContainerDefinition,
    sandbox: ContainerGroupSandbox,
    isInit = false,
  ): ContainerRunner {
    const { group, tools } = this;
    const own = container.properties as ContainerDefinition['properties'];
    // What happened before stays in the view, and the old container is shown until the new one has a state of its own.
    const view: InstanceView = group.instanceViews[container.name] ?? { restartCount: 0, events: [] };
    group.instanceViews[container.name] = view;
    const { restartPolicy = 'Always' } = group.definition.properties;
    const runnable: RunnableContainer = {
      name: container.name,
      image: this.images.get(own.image) as FoundImage,
      // An init container runs to its end once; it is tried again unless the group never restarts.
      restartPolicy: isInit ? (restartPolicy === 'Never' ? 'Never' : 'OnFailure') : restartPolicy,
      livenessProbe: own.livenessProbe,
      readinessProbe: own.readinessProbe,
      spec: this.specOf(container.name, own),
    };
    return new ContainerRunner(runnable, view, {
      engine: tools.engine,
      sandbox,
      address: group.address ?? '127.0.0.1',
      beginLog: () => tools.logs.begin(group.uid, container.name),
      changed: () => this.update({}),
      takeFault: (name) => tools.context.takeFault(name),
    });
  }

  private specOf(name: string, own: ContainerDefinition['properties']): RunnableContainer['spec'] {
    const { limits, requests } = own.resources ?? { requests: sizeOf(this.group.definition.properties) };
    const variables = (own.environmentVariables ?? []).map(({ name: variable, value, secureValue }) => [
      variable,
      secureValue ?? value ?? '',
    ]);
    return {
      name,
      command: own.command ?? [],
      environment: Object.fromEntries(variables) as Record<string, string>,
      ports: (own.ports ?? []).filter(({ protocol }) => protocol !== 'UDP').map(({ port }) => port),
      mounts: mountsOf(this.volumes, own.volumeMounts ?? []),
      memoryInBytes: Math.round((limits?.memoryInGB ?? requests.memoryInGB) * 1024 ** 3),
      cpu: limits?.cpu ?? requests.cpu,
    };
  }

  /** When no container will run again, the group has come to its end. */
  private async watchEnd(): Promise<void> {
    const exitCodes = await Promise.all(this.runners.map((runner) => runner.ended));
    if (this.closed) return;
    this.update({ state: exitCodes.every((code) => code === 0) ? 'Succeeded' : 'Failed', wanted: false });
  }

  private update(changes: Partial<ContainerGroup>): void {
    Object.assign(this.group, changes);
    const key = groupKey(this.group.resourceGroup, this.group.name);
    // Another group may have the name by now, and the next runner of this one its record.
    if (!this.isTakenDown && this.tools.groups.get(key)?.uid === this.group.uid) this.tools.groups.put(key, this.group);
  }
}

/** As the service says it. */
export function capacityMessage({ definition }: Pick<ContainerGroup, 'definition'>): string {
  const { cpu, memoryInGB } = sizeOf(definition.properties);
  const network = (definition.properties.subnetIds?.length ?? 0) > 0 ? ' virtual network' : '';
  return (
    `The requested resource is not available in the location '${definition.location}' at this moment. ` +
    `Please retry with a different resource request or in another location. ` +
    `Resource requested: '${cpu}' CPU '${memoryInGB}' GB memory 'Linux' OS${network}`
  );
}
