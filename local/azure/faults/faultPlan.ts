import type { FaultAction } from './faultAction';
import type { KnownFault } from './knownFaults';

/** Which requests, by regular expressions without regard to case. */
export interface RequestPattern {
  method?: string;
  /** On the Host header: tells the token service, the registry and the blobs from the resource manager. */
  host?: string;
  /** On the User-Agent header: tells a task from a job, or from local Azure's own builder. */
  userAgent?: string;
  /** On path and query. */
  path: string;
}

/** What a test plans for requests instead of, or with, the cloud's own answer. */
export interface HttpFault extends RequestPattern {
  kind: 'http';
  /** How often it acts; 1 unless told. */
  times?: number;
  /** How many matching requests pass before it acts. */
  skip?: number;
  /** It waits until such a request was answered with success: what was just made may not be seen yet. */
  after?: RequestPattern;
  action: FaultAction | KnownFault;
}

/** A name that is not resolved, by clients that use the local cloud's DNS. */
export interface DnsFault {
  kind: 'dns';
  /** A regular expression. */
  name: string;
  code: 'EAI_AGAIN' | 'ENOTFOUND';
  times?: number;
  skip?: number;
}

/** A fault that a provider itself acts out, asked for by name with `context.takeFault`. */
export interface NamedFault {
  kind: 'named';
  name: string;
  times?: number;
  detail?: Record<string, unknown>;
}

export type Fault = HttpFault | DnsFault | NamedFault;

/** A planned fault, and how often it has acted. */
export interface PlannedFault {
  fault: Fault;
  hits: number;
}

export interface SeenRequest {
  method: string;
  host: string;
  userAgent: string;
  url: string;
}

/** The DNS zone of the local cloud, which acts out the faults of names itself. */
export interface FaultyZone {
  plan(fault: DnsFault): void;
  /** How often those that were planned acted, in their order. */
  hits(): number[];
  clearFaults(): void;
}

interface Http {
  fault: HttpFault;
  matches: (request: SeenRequest) => boolean;
  arms?: (request: SeenRequest) => boolean;
  armed: boolean;
  skip: number;
  left: number;
  hits: number;
}

/** The faults that are planned now. */
export class FaultPlan {
  private http: Http[] = [];
  private named: Array<{ fault: NamedFault; left: number; hits: number }> = [];
  private names: DnsFault[] = [];

  constructor(private readonly zone: FaultyZone) {}

  add(fault: Fault): void {
    const left = fault.times ?? 1;
    if (fault.kind === 'http') {
      const { after, skip = 0 } = fault;
      const arms = after && matcher(after);
      this.http.push({ fault, matches: matcher(fault), arms, armed: !after, skip, left, hits: 0 });
    } else if (fault.kind === 'dns') {
      this.zone.plan(fault);
      this.names.push(fault);
    } else this.named.push({ fault, left, hits: 0 });
  }

  clear(): void {
    this.http = [];
    this.named = [];
    this.names = [];
    this.zone.clearFaults();
  }

  list(): PlannedFault[] {
    const dnsHits = this.zone.hits();
    return [
      ...this.http.map(({ fault, hits }) => ({ fault, hits })),
      ...this.names.map((fault, index) => ({ fault, hits: dnsHits[index] ?? 0 })),
      ...this.named.map(({ fault, hits }) => ({ fault, hits })),
    ];
  }

  take(name: string): Record<string, unknown> | undefined {
    const planned = this.named.find((entry) => entry.fault.name === name && entry.left > 0);
    if (!planned) return undefined;
    planned.left--;
    planned.hits++;
    return planned.fault.detail ?? {};
  }

  takeHttp(request: SeenRequest): HttpFault | undefined {
    for (const entry of this.http) {
      if (entry.left === 0 || !entry.armed || !entry.matches(request)) continue;
      if (entry.skip > 0) {
        entry.skip--;
        continue;
      }
      entry.left--;
      entry.hits++;
      return entry.fault;
    }
    return undefined;
  }

  /** The request was answered, with success: arms what waits for it. */
  succeeded(request: SeenRequest): void {
    for (const entry of this.http) if (entry.arms?.(request)) entry.armed = true;
  }
}

function matcher({ method, host, userAgent, path }: RequestPattern): (request: SeenRequest) => boolean {
  const [onPath, onHost, onAgent] = [path, host, userAgent].map((each) => new RegExp(each ?? '', 'i'));
  return (request) =>
    (!method || method === request.method) &&
    onHost!.test(request.host) &&
    onAgent!.test(request.userAgent) &&
    onPath!.test(request.url);
}
