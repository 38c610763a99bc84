import type { Workspace } from '../../workspace';

/** A run as the run history tells it; unknown fields are left out. Source: azure-rest-api-specs, data-plane runHistory.json. */
export interface RunDetails {
  readonly runId: string;
  readonly status: string;
  readonly startTimeUtc?: string | null;
  readonly endTimeUtc?: string | null;
  readonly error?: { error?: ServiceError } | null;
  readonly warnings?: Array<{ message?: string }> | null;
  readonly tags?: Record<string, string> | null;
  readonly properties?: Record<string, string> | null;
  readonly target?: string | null;
  /** Source: details of runs of the studio, whose fields no published specification has; null where the service does not know. */
  readonly compute?: {
    readonly vmSize?: string | null;
    readonly instanceType?: string | null;
    readonly instanceCount?: number | null;
    readonly priority?: string | null;
  } | null;
  readonly computeRequest?: { readonly nodeCount?: number | null } | null;
  /** Path of each log file to a URL that carries its own permission for some hours. */
  readonly logFiles?: Record<string, string> | null;
  /** When the service answered, by its own clock. */
  readonly answeredAt?: string;
}

export interface ServiceError {
  readonly code?: string;
  readonly message?: string;
  readonly innerError?: ServiceError | null;
  readonly details?: ServiceError[] | null;
}

/** A run beneath another: a trial of a sweep, a step of a pipeline. */
export interface ChildRun {
  readonly runId: string;
  readonly status: string;
  readonly displayName?: string | null;
  readonly name?: string | null;
  readonly runType?: string | null;
  readonly startTimeUtc?: string | null;
  readonly endTimeUtc?: string | null;
  readonly target?: string | null;
  readonly properties?: Record<string, string> | null;
}

/** The data plane that knows of runs what the control plane does not: logs, errors, children. */
export class RunHistory {
  constructor(private readonly workspace: Workspace) {}

  async details(runId: string, signal?: AbortSignal): Promise<RunDetails> {
    const { body, headers } = await this.workspace.request<RunDetails>({
      url: await this.url(runId, 'details'),
      shape: { status: 'string' },
      signal,
    });
    return { ...body, answeredAt: headers.date };
  }

  async children(runId: string, signal?: AbortSignal): Promise<ChildRun[]> {
    interface Page {
      value?: ChildRun[];
      nextLink?: string | null;
      continuationToken?: string | null;
    }
    const first = await this.url(runId, 'children');
    const found: ChildRun[] = [];
    let url: string | undefined = first;
    let query: { $continuationtoken?: string } = {};
    while (url) {
      const { body }: { body: Page } = await this.workspace.request<Page>({ url, query, shape: 'object', signal });
      found.push(...(body.value ?? []));
      query = body.continuationToken ? { $continuationtoken: body.continuationToken } : {};
      url = body.nextLink ?? (body.continuationToken ? first : undefined);
    }
    return found;
  }

  private async url(runId: string, what: string): Promise<string> {
    const api = await this.workspace.dataPlaneUrl();
    return `${api}/history/v1.0${this.workspace.id}/runs/${encodeURIComponent(runId)}/${what}`;
  }
}

/** The service's own words: the innermost code, which says most, and all messages that differ. */
export function errorText(error: ServiceError | undefined): string | undefined {
  if (!error) return undefined;
  let code = error.code;
  for (let inner = error.innerError; inner?.code; inner = inner.innerError) code = inner.code;
  const messages = [error.message, ...(error.details ?? []).map(({ message }) => message)];
  const distinct = [...new Set(messages.map((message) => message?.trim()).filter((message) => message))];
  return [code, distinct.join(' ')].filter((part) => part).join(': ') || undefined;
}
