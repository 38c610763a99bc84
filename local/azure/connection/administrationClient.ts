import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { GrantedRole } from '../access/accessControl';
import type { DnsFault, Fault, HttpFault, NamedFault, PlannedFault } from '../faults/faultPlan';
import type { JournalEntry } from '../traffic/requestJournal';
import type { Description } from './description';

/** The faults that a test plans, and the requests that it counts, in a local Azure of this or another process. */
export interface FaultsApi {
  /** What happens to the next `times` requests that match. */
  http(fault: Omit<HttpFault, 'kind'>): Promise<void>;
  /** The next `times` look-ups of a name fail. */
  dns(fault: Omit<DnsFault, 'kind'>): Promise<void>;
  /** A provider acts it out itself; `detail` is the provider's business. */
  named(name: string, options?: Omit<NamedFault, 'kind' | 'name'>): Promise<void>;
  /** What is planned, and how often each has acted. */
  list(): Promise<PlannedFault[]>;
  clear(): Promise<void>;
}

export interface RequestsApi {
  list(): Promise<JournalEntry[]>;
  clear(): Promise<void>;
}

/** The roles of the service connection's identity. */
export interface RolesApi {
  /** It may do what these allow, and nothing else. */
  limitTo(roles: GrantedRole[]): Promise<void>;
  /** It owns the subscription again. */
  reset(): Promise<void>;
}

/** Calls `/_local/`, the administration of the local cloud itself. */
export class AdministrationClient {
  constructor(
    private readonly cloud: Description,
    private readonly token: string,
  ) {}

  readonly faults: FaultsApi = {
    http: (fault) => this.planFault({ kind: 'http', ...fault }),
    dns: (fault) => this.planFault({ kind: 'dns', ...fault }),
    named: (name, options = {}) => this.planFault({ kind: 'named', name, ...options }),
    list: async () => (await this.call('GET', '/_local/faults')) as PlannedFault[],
    clear: async () => void (await this.call('DELETE', '/_local/faults')),
  };

  readonly requests: RequestsApi = {
    list: async () => (await this.call('GET', '/_local/requests')) as JournalEntry[],
    clear: async () => void (await this.call('DELETE', '/_local/requests')),
  };

  readonly roles: RolesApi = {
    limitTo: async (roles) => void (await this.call('PUT', '/_local/roles', roles)),
    reset: async () => void (await this.call('DELETE', '/_local/roles')),
  };

  async shutDown(): Promise<void> {
    await this.call('POST', '/_local/shutdown');
  }

  private async planFault(fault: Fault): Promise<void> {
    await this.call('POST', '/_local/faults', fault);
  }

  private call(method: string, path: string, body?: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = request(
        `https://127.0.0.1:${this.cloud.port}${path}`,
        {
          method,
          ca: readFileSync(this.cloud.caFile),
          headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
          agent: false,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            if (response.statusCode !== 200)
              reject(new Error(`${method} ${path} of local Azure: ${response.statusCode} ${text}`));
            else resolve(text ? JSON.parse(text) : undefined);
          });
        },
      );
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
