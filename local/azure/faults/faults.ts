import type { FastifyInstance, FastifyRequest } from 'fastify';

/** An answer that a test plans for requests instead of (or before) the real one. */
export interface HttpFault {
  kind: 'http';
  method?: string;
  /** A regular expression on path and query. */
  path: string;
  /** How often it acts; 1 unless told. */
  times?: number;
  /** How many matching requests pass before it acts. */
  skip?: number;
  action: {
    /** Without it the real answer follows (after delayMs). */
    status?: number;
    headers?: Record<string, string>;
    body?: unknown;
    delayMs?: number;
    /** The connection is reset without an answer. */
    reset?: boolean;
  };
}

/** A fault that a provider itself acts out, asked for by name with `context.takeFault`. */
export interface NamedFault {
  kind: 'named';
  name: string;
  times?: number;
  detail?: Record<string, unknown>;
}

export type Fault = HttpFault | NamedFault;

/** The faults that are planned now. */
export class FaultPlan {
  private http: Array<{ fault: HttpFault; path: RegExp; skip: number; left: number }> = [];
  private named: Array<{ fault: NamedFault; left: number }> = [];

  add(fault: Fault): void {
    const left = fault.times ?? 1;
    if (fault.kind === 'http') {
      this.http.push({ fault, path: new RegExp(fault.path, 'i'), skip: fault.skip ?? 0, left });
    } else this.named.push({ fault, left });
  }

  clear(): void {
    this.http = [];
    this.named = [];
  }

  take(name: string): Record<string, unknown> | undefined {
    const planned = this.named.find((entry) => entry.fault.name === name && entry.left > 0);
    if (!planned) return undefined;
    planned.left--;
    return planned.fault.detail ?? {};
  }

  takeHttp(method: string, url: string): HttpFault | undefined {
    for (const entry of this.http) {
      if (entry.left === 0 || (entry.fault.method && entry.fault.method !== method) || !entry.path.test(url)) continue;
      if (entry.skip > 0) {
        entry.skip--;
        continue;
      }
      entry.left--;
      return entry.fault;
    }
    return undefined;
  }
}

/** Requests that were answered by a fault and not by the cloud: no part of what it is held to. */
export const answeredByFault = new WeakSet<FastifyRequest>();

/** Acts out the planned HTTP faults before anything else sees a request. */
export function actOutFaults(app: FastifyInstance, plan: FaultPlan): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/_local/')) return;
    const action = plan.takeHttp(request.method, request.url)?.action;
    if (!action) return;
    if (action.delayMs) await new Promise((resolve) => setTimeout(resolve, action.delayMs));
    if (action.reset) {
      reply.hijack();
      request.raw.socket.destroy();
      return;
    }
    if (action.status === undefined) return;
    answeredByFault.add(request);
    return reply
      .code(action.status)
      .headers(action.headers ?? {})
      .send(action.body ?? '');
  });
}
