import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { ContainerGroup, ContainerGroups } from '../../../tasks/common/azure/containerGroups/containerGroups';
import type { HealthAnswer } from '../../../tasks/common/azure/containerGroups/healthRequest';
import type { DeploymentPorts } from '../../../tasks/common/deployment/ports';
import type { Parking } from '../../../tasks/DeployACI/parking';
import { groupOrigin, mainContainer } from '../../../tasks/common/deployment/containers';

/** How the containers of an image behave. */
export interface Behaviour {
  /** Seconds until they run. */
  startsAfter?: number;
  /** Exit code with which they end, again and again. */
  crashes?: number;
  detailStatus?: string;
  answer?: HealthAnswer;
  log?: string[];
  pullFails?: string;
  /** The PUT is refused. */
  refused?: { code: string; message: string; status?: number };
  /** The operation fails later on. */
  fails?: { code: string; message: string };
}

interface Entry {
  definition: ContainerGroup;
  putAt: number;
  /** When the containers started that run until the new ones do. */
  formerStart?: Date;
}

/** Container Instances with a clock of its own: time passes only when somebody waits. */
export class FakeContainerInstances {
  now = Date.UTC(2026, 0, 1);
  /** What was asked, without looks: "PUT name image", "DELETE name", "PATCH name". */
  readonly calls: string[] = [];
  readonly lines: string[] = [];
  readonly warnings: string[] = [];
  readonly behaviours: Record<string, Behaviour> = {};
  /** Refusals of the next PUTs, whatever the image. */
  readonly refusals: Array<{ code: string; message: string; status?: number }> = [];
  /** What the next looks meet, once something was sent. */
  readonly lookFaults: Array<Error | 'not found' | 'silence'> = [];
  readonly controller = new AbortController();
  /** Called at each wait, to cancel in the middle. */
  onSleep: () => void = () => undefined;
  onRemove: (name: string) => void = () => undefined;
  /** What is parked now. */
  parked: ContainerGroup | undefined;
  private readonly entries = new Map<string, Entry>();

  readonly ports: DeploymentPorts = {
    clock: {
      now: () => this.now,
      sleep: (milliseconds, signal) => {
        this.now += milliseconds;
        this.onSleep();
        return signal?.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
      },
    },
    log: {
      info: (text) => void this.lines.push(text),
      debug: () => undefined,
      warning: (text) => void this.warnings.push(text),
      error: (text) => void this.lines.push(text),
      group: (title) => void this.lines.push(title),
      endGroup: () => undefined,
      progress: () => undefined,
      taken: () => Promise.resolve(),
    },
    signal: this.controller.signal,
    health: (url) => Promise.resolve(this.answer(url)),
  };

  readonly groups = {
    resourceGroup: 'rg',
    id: (name: string) =>
      `/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerInstance/containerGroups/${name}`,
    find: async (name: string, signal?: AbortSignal) => {
      const fault = this.calls.length > 0 ? this.lookFaults.shift() : undefined;
      if (fault === 'not found') return undefined;
      if (fault === 'silence') return never(signal!);
      if (fault) throw fault;
      return this.view(name);
    },
    put: (name: string, definition: ContainerGroup) => Promise.resolve().then(() => this.put(name, definition)),
    tag: (name: string, tags: Record<string, string>) => {
      this.calls.push(`PATCH ${name}`);
      this.entries.get(name)!.definition.tags = tags;
      return Promise.resolve();
    },
    restart: (name: string) => {
      this.calls.push(`RESTART ${name}`);
      this.entries.get(name)!.putAt = this.now;
      return Promise.resolve();
    },
    remove: (name: string) => {
      this.calls.push(`DELETE ${name}`);
      this.onRemove(name);
      this.entries.delete(name);
      return Promise.resolve();
    },
    log: (name: string, container: string) => Promise.resolve(this.behaviourOf(name, container).log ?? []),
  } as unknown as ContainerGroups;

  readonly parking: Parking = {
    find: () => Promise.resolve(this.parked),
    park: (definition) => {
      this.parked = structuredClone(definition);
      return Promise.resolve();
    },
    clear: () => {
      this.parked = undefined;
      return Promise.resolve();
    },
  };

  /** The full definition of a group, secure values and all. */
  definition(name: string): ContainerGroup | undefined {
    return this.entries.get(name)?.definition;
  }

  /** Puts a group there as if it had run for an hour. */
  runs(name: string, definition: ContainerGroup): void {
    this.entries.set(name, { definition: structuredClone(definition), putAt: this.now - 3_600_000 });
  }

  private put(name: string, definition: ContainerGroup) {
    this.calls.push(`PUT ${name} ${mainContainer(definition)!.image}`);
    const refused = this.refusals.shift() ?? this.behaviours[mainContainer(definition)!.image]?.refused;
    if (refused) throw azureError(refused);
    const former = this.view(name)?.containers[0]?.instanceView?.currentState;
    const formerStart = former?.state === 'Running' ? former.startTime : undefined;
    this.entries.set(name, { definition: structuredClone(definition), putAt: this.now, formerStart });
    const { fails } = this.behaviours[mainContainer(definition)!.image] ?? {};
    return { failure: () => Promise.resolve(fails && azureError(fails)) };
  }

  private behaviourOf(name: string, container = 'scoring'): Behaviour {
    const image = this.entries.get(name)?.definition.containers.find((each) => each.name === container)?.image ?? '';
    return this.behaviours[image] ?? {};
  }

  /** As Azure answers: with its view, without secure values. */
  private view(name: string): ContainerGroup | undefined {
    const entry = this.entries.get(name);
    if (!entry) return undefined;
    const { definition, putAt, formerStart } = entry;
    const { startsAfter = 4, crashes, detailStatus, pullFails, fails } = this.behaviourOf(name);
    const age = (this.now - putAt) / 1000;
    const isUp = age >= startsAfter;
    const failed = isUp && fails !== undefined;
    const startTime = new Date(putAt + startsAfter * 1000);
    const ended = { state: 'Terminated', exitCode: crashes, startTime, finishTime: startTime, detailStatus };
    const label = definition.ipAddress?.dnsNameLabel;
    return {
      ...structuredClone(definition),
      id: this.groups.id(name),
      name,
      provisioningState: failed ? 'Failed' : isUp && !pullFails ? 'Succeeded' : 'Pending',
      instanceView: { state: failed ? 'Failed' : isUp ? 'Running' : 'Pending', events: [] },
      ipAddress: definition.ipAddress && {
        ...definition.ipAddress,
        ip: '10.0.0.4',
        fqdn: label && `${label}.eastus.azurecontainer.io`,
      },
      imageRegistryCredentials: definition.imageRegistryCredentials?.map(({ password: _password, ...rest }) => rest),
      containers: definition.containers.map((container) => ({
        ...container,
        environmentVariables: container.environmentVariables?.map(({ name: variable, value }) => ({
          name: variable,
          value,
        })),
        instanceView: !isUp
          ? {
              restartCount: 0,
              currentState: formerStart && { state: 'Running', startTime: formerStart },
              events: pullFails ? [{ name: 'Failed', count: 3, type: 'Warning', message: pullFails }] : [],
            }
          : {
              restartCount: crashes === undefined ? 0 : 2,
              currentState:
                crashes === undefined ? { state: 'Running', startTime } : { state: 'Waiting', detailStatus },
              previousState: crashes === undefined ? undefined : ended,
              events: [],
            },
      })),
    };
  }

  private answer(url: string): HealthAnswer {
    for (const name of this.entries.keys()) {
      const group = this.view(name)!;
      const isUp = group.containers.every(({ instanceView }) => instanceView?.currentState?.state === 'Running');
      if (url.startsWith(groupOrigin(group)! + '/') && isUp) return this.behaviourOf(name).answer ?? { status: 200 };
    }
    return { fault: 'ECONNREFUSED', message: 'connect ECONNREFUSED' };
  }
}

/** What a silent network gives. */
export function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

export function azureError({
  code,
  message,
  status = 400,
}: {
  code: string;
  message: string;
  status?: number;
}): AzureFailure {
  return new AzureFailure(`Azure answered ${status} ${code}: ${message}`, undefined, status, code, message, undefined);
}

/** A definition as Deploy-ACI sends it. */
export function definitionOf(image: string, changes: Partial<ContainerGroup> = {}, cpu = 1): ContainerGroup {
  return {
    location: 'eastus',
    osType: 'Linux',
    restartPolicy: 'Always',
    sku: 'Standard',
    priority: 'Regular',
    tags: {},
    containers: [
      {
        name: 'scoring',
        image,
        ports: [{ port: 5001, protocol: 'TCP' }],
        environmentVariables: [{ name: 'LEVEL', value: 'info' }],
        resources: { requests: { cpu, memoryInGB: 1.5 } },
        readinessProbe: { httpGet: { path: '/health', port: 5001, scheme: 'http' }, periodSeconds: 5 },
      },
    ],
    ipAddress: {
      type: 'Public',
      ports: [{ port: 5001, protocol: 'TCP' }],
      dnsNameLabel: 'estimator',
      autoGeneratedDomainNameLabelScope: 'Unsecure',
    },
    ...changes,
  };
}
