import type { FastifyInstance } from 'fastify';
import { localCloud, type Collection } from '../../context';

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
    readonly made: Collection<MadeWorkspace>,
    /** Deleted without a purge: their names stay taken. Source: Microsoft Learn, concept-soft-delete. */
    readonly deleted: Collection<MadeWorkspace>,
  ) {}

  find(group: string, name: string): MadeWorkspace | undefined {
    return this.made.get(`${group}/${name}`);
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
