import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { ArmError, type Collection, type LocalAzureContext } from '../context';
import { resourceNotFound } from '../arm/resourceNotFound';
import type { ContainerEngine, RunningContainer } from '../engine/engine';
import { groupId, groupKey, isTerminated, isTransitioning, transitioning, type ContainerGroup } from './containerGroup';
import type { ContainerLogs } from './containerLog';
import type { FileShares } from '../files/fileShares';
import { fullyQualifiedName } from './dnsName';
import { GroupAddresses, NoAddressError } from '../engine/groupAddresses';
import type { GroupDefinition } from './groupDefinition';
import { checkLimits } from './groupLimits';
import { begunAgain, changing, fresh, stopped } from './groupPhases';
import { GroupRunner, type ProvisioningError } from './groupRunner';
import type { FoundImage, ImageAccess } from './imageAccess';
import type { Operations } from './operations';
import { checkUpdate } from './validation';
import { messageOf } from '../../messageOf';

export interface ContainerGroupsTools {
  context: LocalAzureContext;
  engine: ContainerEngine;
  groups: Collection<ContainerGroup>;
  logs: ContainerLogs;
  shares: FileShares;
  images: ImageAccess;
  operations: Operations;
}

/** The container groups of the local cloud, and what is done to them. */
export class ContainerGroups {
  private readonly runners = new Map<string, GroupRunner>();
  private readonly addresses = new GroupAddresses();
  private readonly busy = new Set<string>();

  constructor(private readonly tools: ContainerGroupsTools) {
    // What ran when the last local cloud ended does not run any more, whoever asks before it is brought up again.
    for (const group of this.list()) {
      if (!group.wanted) continue;
      const begun: ContainerGroup = { ...group, ...fresh(), provisioningState: 'Repairing' };
      tools.groups.put(groupKey(group.resourceGroup, group.name), begun);
    }
  }

  list(resourceGroup?: string): ContainerGroup[] {
    return this.tools.groups
      .list()
      .map((entry) => entry.value)
      .filter((group) => !resourceGroup || group.resourceGroup.toLowerCase() === resourceGroup.toLowerCase());
  }

  find(resourceGroup: string, name: string): ContainerGroup | undefined {
    return this.tools.groups.get(groupKey(resourceGroup, name));
  }

  /** Throws what ARM answers when there is no such group. */
  get(resourceGroup: string, name: string): ContainerGroup {
    const group = this.find(resourceGroup, name);
    if (group) return group;
    throw resourceNotFound('Microsoft.ContainerInstance/containerGroups', name, resourceGroup);
  }

  /** Creates or updates. Returns the group as it is at once, and the header of the operation that goes on. */
  async put(
    resourceGroup: string,
    name: string,
    definition: GroupDefinition,
  ): Promise<{ isNew: boolean; group: ContainerGroup; header: Record<string, string> }> {
    const key = groupKey(resourceGroup, name).toLowerCase();
    if (this.busy.has(key)) throw transitioning(name);
    this.busy.add(key);
    try {
      return await this.accept(resourceGroup, name, definition);
    } finally {
      this.busy.delete(key);
    }
  }

  private async accept(resourceGroup: string, name: string, asked: GroupDefinition) {
    const { operations } = this.tools;
    const former = this.changeable(resourceGroup, name, asked);
    const id = groupId({ name, resourceGroup });
    const definition = this.withPrincipals(id, asked, former);
    if (former && runsOn(former, definition)) {
      const operation = operations.begin(id, definition.location);
      operations.end(operation.id, []);
      const group = this.setTags(resourceGroup, name, definition.tags ?? {}, undefined);
      return { isNew: false, group, header: operation.header };
    }
    const others = this.list().filter(({ uid }) => uid !== former?.uid);
    checkLimits(definition, others, this.tools.context);
    const fqdn = this.chooseName(resourceGroup, name, definition, former);
    const found = await this.findImages(name, definition);

    const group: ContainerGroup = {
      uid: randomUUID(),
      name: former?.name ?? name,
      resourceGroup: former?.resourceGroup ?? resourceGroup,
      address: former?.address,
      definition,
      ...(former ? changing(former, definition) : fresh()),
      fqdn,
    };
    if (!former) await this.giveAddress(group);
    this.tools.groups.put(groupKey(group.resourceGroup, group.name), group);
    const operation = operations.begin(id, definition.location);
    this.bringUp(group, found, operation.id, former);
    return { isNew: !former, group, header: operation.header };
  }

  /** The group as it is; throws where it cannot be changed now, or not so. */
  private changeable(resourceGroup: string, name: string, asked: GroupDefinition): ContainerGroup | undefined {
    const former = this.find(resourceGroup, name);
    const isBusy = former !== undefined && isTransitioning(former);
    if (isBusy || this.tools.context.takeFault('aci.transitioning')) throw transitioning(name);
    if (former) checkChange(former, name, asked);
    return former;
  }

  private withPrincipals(id: string, asked: GroupDefinition, former: ContainerGroup | undefined): GroupDefinition {
    const { images } = this.tools;
    images.checkIdentities(asked, id);
    return { ...asked, identity: images.principalsOf(asked.identity, former?.definition.identity) };
  }

  setTags(
    resourceGroup: string,
    name: string,
    tags: Record<string, string> | undefined,
    zones: string[] | undefined,
  ): ContainerGroup {
    const group = this.get(resourceGroup, name);
    if (zones && !isDeepStrictEqual(zones, group.definition.zones ?? [])) {
      throw new ArmError(
        400,
        'InvalidContainerGroupUpdate',
        `The zones of container group '${name}' can not be changed.`,
      );
    }
    // The runner's own record is changed as well, as it writes it back.
    const changed = this.runners.get(group.uid)?.group ?? group;
    if (tags) changed.definition.tags = tags;
    this.tools.groups.put(groupKey(group.resourceGroup, group.name), changed);
    return changed;
  }

  /** Returns the group as it was; undefined when there is none. Source: Remove-AzContainerGroup.Recording.json. */
  async delete(resourceGroup: string, name: string): Promise<ContainerGroup | undefined> {
    const group = this.find(resourceGroup, name);
    if (!group) return undefined;
    await this.takeDown(group);
    // Of two that delete it at once, or one that makes it again meanwhile, each removes what it found.
    const key = groupKey(group.resourceGroup, group.name);
    if (this.tools.groups.get(key)?.uid === group.uid) this.tools.groups.delete(key);
    this.tools.logs.remove(group.uid);
    this.tools.context.log(`Container group ${group.name} is deleted`);
    return group;
  }

  async stop(resourceGroup: string, name: string): Promise<void> {
    const group = this.get(resourceGroup, name);
    if (isTransitioning(group)) throw transitioning(name);
    if (group.state === 'Stopped') return;
    const runner = this.runners.get(group.uid);
    const views = structuredClone((runner?.group ?? group).instanceViews);
    await this.takeDown(group);
    const record = runner?.group ?? group;
    this.tools.groups.put(groupKey(group.resourceGroup, group.name), {
      ...record,
      instanceViews: stopped(record, views),
      state: 'Stopped',
      wanted: false,
      address: undefined,
    });
  }

  /** Starts a group that is stopped or has come to its end; a restart ends it first. */
  async start(resourceGroup: string, name: string, isRestart: boolean): Promise<Record<string, string> | undefined> {
    const group = this.get(resourceGroup, name);
    if (isTransitioning(group)) throw transitioning(name);
    if (!isRestart && group.state === 'Running') return undefined;
    const found = await this.findImages(name, group.definition);
    const begun: ContainerGroup = { ...group, ...(isRestart ? changing(group, group.definition) : begunAgain(group)) };
    this.tools.groups.put(groupKey(group.resourceGroup, group.name), begun);
    const operation = this.tools.operations.begin(groupId(group), group.definition.location);
    this.bringUp(begun, found, operation.id, group);
    return operation.header;
  }

  /** Brings up again what ran when the last local cloud ended, as the service does after a failure of a machine. */
  async resume(): Promise<void> {
    for (const group of this.list()) {
      if (!group.wanted) continue;
      this.tools.context.log(`Container group ${group.name} ran before and is brought up again`);
      try {
        const found = await this.findImages(group.name, group.definition);
        this.bringUp(group, found, undefined, group);
      } catch (error) {
        if (this.tools.context.closing.aborted) return;
        this.tools.context.log(`Container group ${group.name} cannot be brought up again: ${messageOf(error)}`);
        this.tools.groups.put(groupKey(group.resourceGroup, group.name), {
          ...group,
          provisioningState: 'Failed',
          state: 'Failed',
          wanted: false,
          address: undefined,
        });
      }
    }
  }

  /**
   * Ends all containers at once, as the failure of their machine does; the groups stay wanted, so that the next local cloud
   * brings them up again.
   */
  async close(): Promise<void> {
    await Promise.all([...this.runners.values()].map((runner) => runner.takeDown(0)));
    this.addresses.releaseAll();
  }

  isRunning(group: ContainerGroup, container: string): boolean {
    return this.runners.get(group.uid)?.isRunning(container) ?? false;
  }

  /** The container as it runs; undefined where it does not. */
  running(group: ContainerGroup, container: string): RunningContainer | undefined {
    return this.runners.get(group.uid)?.running(container);
  }

  /** Ends what ran before under the name, then brings the group up; goes on after the request was answered. */
  private bringUp(
    group: ContainerGroup,
    found: ReadonlyMap<string, FoundImage>,
    operation: string | undefined,
    former?: ContainerGroup,
  ): void {
    const { context, engine, groups, logs, shares, operations } = this.tools;
    const runner = new GroupRunner({ context, engine, groups, logs, shares }, group, found);
    const isCurrent = (): boolean => this.runners.get(group.uid) === runner;
    const replace = async (): Promise<void> => {
      if (!former) return;
      await this.endRunner(former);
      if (former.uid !== group.uid) logs.remove(former.uid);
      this.addresses.handOver(former.uid, group.uid);
      // It may have been deleted meanwhile.
      if (isCurrent()) await this.giveAddress(group);
      if (!isCurrent()) this.addresses.release(group.uid);
    };
    const replaced = replace();
    // A group that is started again keeps its uid: its former runner was taken just now.
    this.runners.set(group.uid, runner);
    runner.bringUp(replaced).then(
      () => operation && operations.end(operation, group.events),
      ({ code, message }: ProvisioningError) => operation && operations.end(operation, group.events, { code, message }),
    );
  }

  private async takeDown(group: ContainerGroup | undefined): Promise<void> {
    if (!group) return;
    await this.endRunner(group);
    this.addresses.release(group.uid);
  }

  private async endRunner(group: ContainerGroup): Promise<void> {
    const runner = this.runners.get(group.uid);
    this.runners.delete(group.uid);
    await runner?.takeDown();
    if (group.fqdn) this.tools.context.dns.remove(group.fqdn);
  }

  private async giveAddress(group: ContainerGroup): Promise<void> {
    const { containers, ipAddress } = group.definition.properties;
    const declared = containers.flatMap((container) => container.properties.ports ?? []);
    const ports = [...(ipAddress?.ports ?? []), ...declared].filter(({ protocol }) => protocol !== 'UDP');
    try {
      const numbers = [...new Set(ports.map(({ port }) => port))];
      group.address = await this.addresses.reserve(group.uid, numbers, group.address);
    } catch (error) {
      if (!(error instanceof NoAddressError)) throw error;
      throw new ArmError(
        409,
        'ServiceUnavailable',
        `Local Azure has no address for container group '${group.name}': ${error.message}. Free the port or choose another one.`,
      );
    }
    if (group.fqdn) this.tools.context.dns.set(group.fqdn, group.address);
  }

  private chooseName(
    resourceGroup: string,
    name: string,
    definition: GroupDefinition,
    former: ContainerGroup | undefined,
  ): string | undefined {
    const own = former?.definition.properties.ipAddress;
    const wanted = definition.properties.ipAddress;
    const isKept =
      own?.dnsNameLabel === wanted?.dnsNameLabel &&
      own?.autoGeneratedDomainNameLabelScope === wanted?.autoGeneratedDomainNameLabelScope;
    const fqdn = former && isKept ? former.fqdn : fullyQualifiedName(definition, resourceGroup);
    const isTaken = this.list().some((group) => fqdn && group.fqdn === fqdn && group.uid !== former?.uid);
    if (isTaken || this.tools.context.takeFault('aci.dnsLabelTaken')) {
      throw new ArmError(
        400,
        'DnsNameLabelAlreadyTaken',
        `The DNS name label '${wanted?.dnsNameLabel ?? ''}' in container group '${name}' is not available. Try using a different label.`,
      );
    }
    return fqdn;
  }

  /** Every image of the group, by the name in its definition. */
  private async findImages(name: string, { properties }: GroupDefinition): Promise<Map<string, FoundImage>> {
    const names = [...properties.containers, ...(properties.initContainers ?? [])].map((each) => each.properties.image);
    const found = new Map<string, FoundImage>();
    for (const image of new Set(names)) {
      found.set(image, await this.tools.images.find(image, properties.imageRegistryCredentials ?? [], name));
    }
    return found;
  }
}

/** Throws where a group cannot become what is asked. */
function checkChange(former: ContainerGroup, name: string, asked: GroupDefinition): void {
  checkUpdate(name, former.definition, asked);
  if (!isTerminated(former) || former.provisioningState !== 'Succeeded') return;
  throw new ArmError(
    400,
    'InvalidContainerGroupUpdate',
    `The updates on container group '${name}' are invalid. The container group is terminated: delete it first and then create a new one.`,
  );
}

/** Nothing of the containers changes, so that they go on running. */
const runsOn = ({ definition, provisioningState, state }: ContainerGroup, wanted: GroupDefinition): boolean =>
  isDeepStrictEqual(plain(definition), plain(wanted)) && provisioningState === 'Succeeded' && state === 'Running';

/** Without what changes nothing of the containers. */
function plain({ tags: _tags, ...definition }: GroupDefinition): unknown {
  return JSON.parse(JSON.stringify(definition));
}
