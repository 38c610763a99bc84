import type { NetworkSettings } from '../azure/http/network';
import { requestJson } from '../azure/http/requestJson';
import type { Secret } from '../secret';
import { HostFailure } from './hostFailure';

export interface AzureDevOpsRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Below the project, e.g. _apis/git/repositories/… */
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** 401 and 403 (and its sign-in page, 203) mean that the job's identity may not. */
export class AzureDevOpsFailure extends HostFailure {
  get isForbidden(): boolean {
    return [203, 302, 401, 403].includes(this.status);
  }
}

/** Azure DevOps' REST API, version 7.1, as the job's own identity ("Project Build Service"), through the agent's proxy. */
export class AzureDevOps {
  constructor(
    /** https://dev.azure.com/{organization}/{project}/ */
    private readonly projectUrl: string,
    private readonly accessToken: Secret,
    private readonly network: NetworkSettings = {},
  ) {}

  /** @throws AzureDevOpsFailure where it answers with anything but success and JSON */
  async request<T>({ method, path, body, signal }: AzureDevOpsRequest): Promise<T> {
    const url = new URL(path, this.projectUrl);
    url.searchParams.set('api-version', '7.1');
    const { status, text } = await requestJson({
      url,
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${this.accessToken.reveal()}`,
        // Else it answers with a redirection to its sign-in page.
        'x-tfs-fedauthredirect': 'Suppress',
      },
      body,
      network: this.network,
      signal,
    });
    if (status === 203 || status < 200 || status > 299) {
      throw new AzureDevOpsFailure('Azure DevOps', `${method} ${url.pathname}`, status, text);
    }
    return JSON.parse(text) as T;
  }
}
