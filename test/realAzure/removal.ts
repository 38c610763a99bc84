import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../local/messageOf';
import type { Arm } from './arm';
import { groupId, groupName, isOverdue, runOf, tagName, type TaggedGroup } from './belongings';
import type { LiveRuns } from './liveRuns';

/** What could not be removed, and the command that does it. */
export interface Left {
  what: string;
  why: string;
  command: string;
}

const pauses = [0, 5, 20];

interface DeletedVault {
  name: string;
  properties: { location: string; vaultId: string; tags?: Record<string, string> };
}

/** Removes what runs of this command have made: their groups with all in them, and what Azure keeps of deleted ones. */
export class Removal {
  constructor(
    private readonly arm: Arm,
    private readonly subscriptionId: string,
    private readonly say: (line: string) => void,
    /** Between tries, in seconds. */
    private readonly waits: readonly number[] = pauses,
  ) {}

  /** The groups that this command has made, of all runs. */
  async groups(): Promise<Array<TaggedGroup & { run: string }>> {
    const filter = encodeURIComponent(`tagName eq '${tagName}'`);
    const groups = await this.list<TaggedGroup>(
      `/subscriptions/${this.subscriptionId}/resourceGroups?$filter=${filter}`,
    );
    return groups.flatMap((group) => {
      const run = runOf(group);
      return run ? [{ ...group, run }] : [];
    });
  }

  /**
   * Removes what earlier runs have left: of dead processes of this machine, and whatever is overdue.
   * @param all also of runs of which this machine knows nothing
   */
  async leftovers(runs: LiveRuns, all: boolean): Promise<{ removed: string[]; left: Left[]; spared: string[] }> {
    const [removed, left, spared]: [string[], Left[], string[]] = [[], [], []];
    for (const group of await this.groups()) {
      const state = runs.state(group.run);
      if (state === 'live' || (state === 'elsewhere' && !all && !isOverdue(group))) {
        spared.push(group.name);
        continue;
      }
      const failures = await this.run(group.run);
      if (failures.length === 0) {
        removed.push(group.name);
        runs.end(group.run);
      }
      left.push(...failures);
    }
    // A run that was cut off between the deletion and the purge has no group any more.
    const going = spared.map((name) =>
      groupId({ id: name.slice(groupName('').length), subscriptionId: this.subscriptionId }),
    );
    for (const vault of await this.deletedVaults(left)) {
      if (going.some((id) => isBeneath(vault.properties.vaultId, id))) continue;
      const failure = await this.purge(vault);
      if (failure) left.push(failure);
      else removed.push(`deleted key vault ${vault.name}`);
    }
    return { removed, left, spared };
  }

  /** Removes all of one run. Gives what is still there. */
  async run(id: string): Promise<Left[]> {
    const group = groupId({ id, subscriptionId: this.subscriptionId });
    const left: Left[] = [];
    const found = await this.look(group);
    if ('why' in found) {
      const command = `az group delete --name ${groupName(id)} --subscription ${this.subscriptionId} --yes`;
      left.push({ what: `resource group ${groupName(id)}`, why: `it could not be looked at: ${found.why}`, command });
    } else if (found.group) {
      // Asked for again: between a list and a deletion a group may have become somebody else's.
      if (runOf(found.group) !== id) {
        return [
          {
            what: groupName(id),
            why: 'it does not bear the tag of this command',
            command: `az group show --name ${groupName(id)}`,
          },
        ];
      }
      this.say(`Removing the resource group ${groupName(id)} ...`);
      await this.removeRoles(group);
      left.push(...(await this.removeWorkspaces(group)));
      left.push(...(await this.removeGroup(group, groupName(id))));
    }
    for (const vault of await this.deletedVaults(left, group)) {
      const failure = await this.purge(vault);
      if (failure) left.push(failure);
    }
    return left;
  }

  /** That it is not there is believed when Azure says so twice; any other answer says nothing. */
  private async look(group: string): Promise<{ readonly group?: TaggedGroup } | { readonly why: string }> {
    let absences = 0;
    let seen: { readonly group?: TaggedGroup } = {};
    const why = await this.insist(async () => {
      const { status, json, text } = await this.arm.ask('GET', group);
      if (status === 200) return void (seen = { group: json as TaggedGroup });
      if (status === 404 && ++absences === 2) return;
      throw new Error(
        status === 404 ? 'Azure says once that it is not there' : `Azure answered ${status}: ${text.slice(0, 300)}`,
      );
    });
    return why === undefined ? seen : { why };
  }

  private async removeRoles(group: string): Promise<void> {
    const assignments = await this.list<{ id: string; properties: { scope: string } }>(
      `${group}/providers/Microsoft.Authorization/roleAssignments`,
    ).catch(() => []);
    for (const { id, properties } of assignments) {
      // The list has what is assigned above, too.
      if (isBeneath(properties.scope, group) || properties.scope.toLowerCase() === group.toLowerCase()) {
        await this.arm.ask('DELETE', id);
      }
    }
  }

  /** Each by itself with a purge, which the deletion of the group would not do. */
  private async removeWorkspaces(group: string): Promise<Left[]> {
    const workspaces = await this.list<{ id: string; name: string }>(
      `${group}/providers/Microsoft.MachineLearningServices/workspaces`,
    ).catch(() => []);
    const left: Left[] = [];
    for (const { id, name } of workspaces) {
      const why = await this.insist(() => this.arm.complete('DELETE', `${id}?forceToPurge=true`));
      const command = `az ml workspace delete --name ${name} --resource-group ${id.split('/')[4]} --permanently-delete --yes --subscription ${this.subscriptionId}`;
      if (why) left.push({ what: `workspace ${name}`, why, command });
    }
    return left;
  }

  private async removeGroup(group: string, name: string): Promise<Left[]> {
    const why = await this.insist(() => this.arm.complete('DELETE', group));
    const command = `az group delete --name ${name} --subscription ${this.subscriptionId} --yes`;
    return why ? [{ what: `resource group ${name}`, why, command }] : [];
  }

  /** Deleted key vaults of this command; of one group, or of all. What keeps them from being seen is added to what is left. */
  private async deletedVaults(left: Left[], group?: string): Promise<DeletedVault[]> {
    const path = `/subscriptions/${this.subscriptionId}/providers/Microsoft.KeyVault/deletedVaults`;
    let all: DeletedVault[] = [];
    const why = await this.insist(async () => void (all = await this.list<DeletedVault>(path)));
    const command = `az keyvault list-deleted --subscription ${this.subscriptionId}`;
    if (why) left.push({ what: 'deleted key vaults', why: `they could not be listed: ${why}`, command });
    return all.filter(({ properties: { vaultId, tags } }) => {
      const name = vaultId.split('/')[4] ?? '';
      return runOf({ name, tags }) !== undefined && (!group || isBeneath(vaultId, group));
    });
  }

  private async purge({ name, properties: { location } }: DeletedVault): Promise<Left | undefined> {
    const path = `/subscriptions/${this.subscriptionId}/providers/Microsoft.KeyVault/locations/${location}/deletedVaults/${name}/purge`;
    const why = await this.insist(() => this.arm.complete('POST', path));
    const command = `az keyvault purge --name ${name} --location ${location} --subscription ${this.subscriptionId}`;
    return why ? { what: `deleted key vault ${name}`, why, command } : undefined;
  }

  /** Why it did not succeed, after all tries; undefined where it did. */
  private async insist(act: () => Promise<void>): Promise<string | undefined> {
    let why: string | undefined;
    for (const pause of this.waits) {
      await sleep(pause * 1000);
      try {
        await act();
        return undefined;
      } catch (error) {
        why = messageOf(error);
        this.say(`  not yet: ${why.slice(0, 200)}`);
      }
    }
    return why;
  }

  private async list<T>(path: string): Promise<T[]> {
    const all: T[] = [];
    for (let next: string | undefined = path; next;) {
      const { json } = await this.arm.must('GET', next);
      const page = json as { value: T[]; nextLink?: string };
      all.push(...page.value);
      next = page.nextLink;
    }
    return all;
  }
}

const isBeneath = (id: string, group: string): boolean => id.toLowerCase().startsWith(`${group.toLowerCase()}/`);
