import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { ResourceCatalog } from '../../arm/resourceCatalog';
import { ArmError, localCloud, type Collection } from '../../context';
import { invalid } from '../mlError';

/** A workspace that a client has made. */
export interface MadeWorkspace {
  name: string;
  resourceGroup: string;
  location: string;
  workspaceId: string;
  tags: Record<string, string>;
  /** storageAccount, keyVault and the like, as they were given. */
  properties: Record<string, unknown>;
  created: string;
}

/** What a client says of a workspace that it makes. */
export interface WorkspaceRequest {
  location?: string;
  tags?: Record<string, string>;
  identity?: { type?: string };
  properties?: Record<string, unknown>;
}

const inner = (resourceGroup: string, name: string): RegExp =>
  new RegExp(
    `(resourceGroups/)${escaped(resourceGroup)}(/(?:providers/Microsoft\\.MachineLearningServices/)?workspaces/)${escaped(name)}(?![\\w-])`,
    'gi',
  );
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const ofStandard = inner(localCloud.resourceGroup, localCloud.workspace);

/**
 * The workspaces that clients have made. Each is a resource of its own, and a further name for what the workspace of local Azure
 * holds and runs: all share their jobs, models and data. What is asked beneath one is asked of that workspace, and told with the
 * ids that were asked for.
 */
export class MadeWorkspaces {
  constructor(
    private readonly made: Collection<MadeWorkspace>,
    /** Deleted without a purge: their names stay taken. Source: Microsoft Learn, concept-soft-delete. */
    private readonly deleted: Collection<MadeWorkspace>,
  ) {}

  list(): MadeWorkspace[] {
    return this.made.list().map(({ value }) => value);
  }

  find(group: string, name: string): MadeWorkspace | undefined {
    return this.made.get(`${group}/${name}`);
  }

  /** Makes or changes one, of resources that are there. Source: azure-specs, 2024-04-01. */
  put(group: string, name: string, body: WorkspaceRequest | undefined, resources: ResourceCatalog): MadeWorkspace {
    const { location, identity, tags } = body ?? {};
    const properties = body?.properties ?? {};
    if (isStandard(group, name)) throw invalid('The workspace of local Azure cannot be changed.');
    if (!location || !identity?.type || !properties.storageAccount || !properties.keyVault) {
      throw invalid("The properties 'location', 'identity', 'storageAccount' and 'keyVault' are required.");
    }
    checkResources(resources, properties);
    const key = `${group}/${name}`;
    if (this.deleted.get(key)) {
      throw new ArmError(
        409,
        'Conflict',
        'Soft-deleted workspace exists. Please purge or recover it. https://aka.ms/wsoftdelete',
      );
    }
    const { workspaceId = randomUUID(), created = new Date().toISOString() } = this.made.get(key) ?? {};
    this.made.put(key, { name, resourceGroup: group, location, workspaceId, tags: tags ?? {}, properties, created });
    return this.made.get(key)!;
  }

  /** Deletes softly unless it purges. False where there is none. */
  delete(group: string, name: string, isPurge: boolean): boolean {
    const key = `${group}/${name}`;
    if (isStandard(group, name)) throw invalid('The workspace of local Azure cannot be deleted.');
    const found = this.made.get(key) ?? this.deleted.get(key);
    this.made.delete(key);
    if (!found) return false;
    if (isPurge) this.deleted.delete(key);
    else this.deleted.put(key, found);
    return true;
  }

  /** With the resource group, which deletes softly. */
  removeGroup(group: string): void {
    for (const { resourceGroup, name } of this.list()) {
      if (resourceGroup.toLowerCase() === group.toLowerCase()) this.delete(resourceGroup, name, false);
    }
  }

  /** Where what is asked beneath a workspace that was made really is. */
  innerUrl(url: string): string {
    const workspace = this.asked(url);
    return workspace ? this.toInner(workspace, url) : url;
  }

  /** Translates bodies and answers; each hook acts on requests beneath a workspace that was made. */
  translate(app: FastifyInstance): void {
    app.addHook('preValidation', async (request) => {
      const workspace = this.asked(request.originalUrl);
      if (!workspace || typeof request.body !== 'object' || request.body === null || Buffer.isBuffer(request.body))
        return;
      request.body = JSON.parse(this.toInner(workspace, JSON.stringify(request.body)));
    });
    app.addHook('onSend', async (request, reply, payload) => {
      const workspace = this.asked(request.originalUrl);
      if (!workspace) return payload;
      for (const name of ['location', 'azure-asyncoperation']) {
        const header = reply.getHeader(name);
        if (typeof header === 'string') reply.header(name, toOuter(workspace, header));
      }
      return typeof payload === 'string' ? toOuter(workspace, payload) : payload;
    });
  }

  private asked(url: string): MadeWorkspace | undefined {
    const [, group = '', name = ''] =
      /\/resourceGroups\/([^/?]+)\/providers\/Microsoft\.MachineLearningServices\/workspaces\/([^/?]+)\/(?!providers\/)/i.exec(
        url,
      ) ?? [];
    return name === '' ? undefined : this.find(group, name);
  }

  private toInner({ resourceGroup, name }: MadeWorkspace, text: string): string {
    return text.replace(inner(resourceGroup, name), `$1${localCloud.resourceGroup}$2${localCloud.workspace}`);
  }
}

function toOuter({ resourceGroup, name }: MadeWorkspace, text: string): string {
  return text.replace(ofStandard, `$1${resourceGroup}$2${name}`);
}

const isStandard = (group: string, name: string): boolean =>
  `${group}/${name}`.toLowerCase() === `${localCloud.resourceGroup}/${localCloud.workspace}`;

/** Throws where a resource that a workspace names is not there. */
function checkResources(resources: ResourceCatalog, properties: Record<string, unknown>): void {
  const there = resources.list().map(({ id }) => id.toLowerCase());
  for (const [name, id] of Object.entries(properties)) {
    if (!/^(storageAccount|keyVault|containerRegistry)$/.test(name) || typeof id !== 'string') continue;
    if (!there.includes(id.toLowerCase()))
      throw invalid(`The resource '${id}' of the property '${name}' was not found.`);
  }
}
