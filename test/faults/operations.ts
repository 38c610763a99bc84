import type { RequestPattern } from '../../local/azure/faults/faultPlan';
import type { JournalEntry } from '../../local/azure/traffic/requestJournal';

/** The services that a task calls, told apart by host and path. */
export type Service = 'arm' | 'data plane' | 'entra' | 'pipelines' | 'registry' | 'blobs' | 'endpoint' | 'other';

/** One thing that a task asks of a service: its requests differ only in names. */
export interface Operation {
  /** e.g. `PUT jobs/*` */
  name: string;
  service: Service;
  method: string;
  pattern: RequestPattern & { method: string; host: string };
  /** How often the task asked it in a run without faults. */
  count: number;
  /** The status of its first answer then, e.g. 404 where the task looked for what is not there yet. */
  status: number;
}

/** Those who are not the task: what a job calls, and the builder of local Azure. */
const others = /python|^node|undici|^$/i;

/** What a task asked, from the journal of a run without faults. */
export function operationsOf(entries: JournalEntry[]): Operation[] {
  const found = new Map<string, Operation>();
  for (const entry of entries) {
    if (others.test(entry.userAgent) && !/entra|endpoint/.test(serviceOf(entry))) continue;
    const template = templateOf(entry.url);
    const service = serviceOf(entry);
    const name = `${entry.method} ${nameOf(template)}`;
    const key = `${service} ${name}`;
    const known = found.get(key);
    if (known) known.count++;
    else {
      const { method, status } = entry;
      const host =
        service === 'endpoint'
          ? ''
          : service === 'blobs'
            ? '\\.blob\\.core\\.'
            : service === 'registry'
              ? '\\.azurecr\\.'
              : '^localhost';
      const userAgent = entry.userAgent ? `^${escape(entry.userAgent.slice(0, 12))}` : '^$';
      const pattern = { method, host, userAgent, path: patternOf(template) };
      found.set(key, { name, service, method, status, count: 1, pattern });
    }
  }
  return [...found.values()];
}

function serviceOf({ host, url }: JournalEntry): Service {
  if (/\.blob\.core\./.test(host)) return 'blobs';
  if (/\.azurecr\./.test(host)) return 'registry';
  if (/^\/subscriptions/i.test(url)) return 'arm';
  if (/^\/(history|mlflow|artifact|discovery)\b/i.test(url)) return 'data plane';
  if (/^\/oidc\//.test(url)) return 'pipelines';
  if (/oauth2|well-known/.test(url)) return 'entra';
  return host.startsWith('127.0.0.1') ? 'endpoint' : 'other';
}

/** Words that services use in their paths; all else in a path is a name that somebody gave. */
const collections =
  /^(subscriptions|resourcegroups|providers|codes|environments|jobs|models|versions|runs|datastores|computes|registries|containergroups|containers|workspaces|experiments|tags|manifests|blobs|operations|locations|userassignedidentities|storageaccounts|artifacts|experimentids)$/i;

/** A file of a code snapshot, below the folder's name in a container of its own. */
const uploaded = /^\/[0-9a-f]{8}-[^/]+\/[^/]+\/[^/]+$/;

/** The path with a star for each name that somebody gave; of the query, only what chooses the operation. */
function templateOf(url: string): string {
  const [path = '', query = ''] = url.split('?', 2);
  const segments = path.split('/');
  const isUpload = uploaded.test(path);
  const generic = segments.map((segment, index) => {
    const before = segments[index - 1] ?? '';
    if (isUpload && index === segments.length - 1) return '*';
    if (/^(v2|v3|v\d\.\d|2\.0)$/.test(segment)) return segment;
    if (collections.test(before) && !/^microsoft\./i.test(segment)) return '*';
    return /\d/.test(segment) && !/^(oauth2)$/.test(segment) ? '*' : segment;
  });
  const comp = new URLSearchParams(query).get('comp');
  const isFiltered = /[?&](tags|\$filter|\$top|name)=/i.test(`?${query}`) ? '?…' : '';
  return `${generic.join('/')}${comp ? `?comp=${comp}` : isFiltered}`;
}

/** Short enough for a table: what is the same in all of them is left out. */
function nameOf(template: string): string {
  return template
    .replace(/^\/subscriptions\/\*/i, '')
    .replace(/\/resourceGroups\/\*/i, '')
    .replace(/\/providers\/(microsoft\.\w+)/i, (_, provider: string) => `/${provider.split('.')[1]}`)
    .replace(/^\/MachineLearningServices\/workspaces\/\*/i, '/workspace')
    .replace(/\/subscriptions\/.*?\/workspaces\/\*/i, '')
    .replace(/^\//, '');
}

function patternOf(template: string): string {
  const [path = '', query] = template.split('?', 2);
  const onPath = path.split('*').map(escape).join('[^/?]+');
  if (query === undefined || query === '…') return `^${onPath}(\\?|$)`;
  return `^${onPath}\\?(.*&)?${escape(query)}(&|$)`;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
