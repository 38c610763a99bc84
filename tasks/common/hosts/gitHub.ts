import type { NetworkSettings } from '../azure/http/network';
import { requestJson } from '../azure/http/requestJson';
import type { GitHubConnection } from './gitHubConnection';
import { HostFailure } from './hostFailure';

export class GitHubFailure extends HostFailure {
  /** A token that may not see a private repository is told that there is none. */
  get isForbidden(): boolean {
    return [401, 403, 404].includes(this.status);
  }
}

/** GitHub's REST API, version 2022-11-28, as the connection's token. */
export class GitHub {
  constructor(
    private readonly connection: GitHubConnection,
    private readonly network: NetworkSettings = {},
  ) {}

  /**
   * @param path below the API's root, e.g. repos/{owner}/{repository}/…
   * @throws GitHubFailure where it answers with anything but success
   */
  async request<T>(method: 'GET' | 'POST' | 'PATCH', path: string, signal: AbortSignal, body?: unknown): Promise<T> {
    const url = new URL(path, apiOf(this.connection.url));
    const { status, text } = await requestJson({
      url,
      method,
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${this.connection.token.reveal()}`,
        'x-github-api-version': '2022-11-28',
      },
      body,
      network: this.network,
      signal,
    });
    if (status < 200 || status > 299) {
      throw new GitHubFailure('GitHub', `${method} ${url.pathname}`, status, text);
    }
    return JSON.parse(text) as T;
  }
}

/**
 * Where the API of a GitHub is: of github.com and of *.ghe.com at a host of its own, of an Enterprise Server beneath /api/v3.
 * Source: docs.github.com/rest, "Getting started", of each of the three.
 */
export function apiOf(url: string): string {
  const { origin, hostname } = new URL(url);
  if (/^(www\.|api\.)?github\.com$/i.test(hostname)) return 'https://api.github.com/';
  if (/\.ghe\.com$/i.test(hostname)) return `https://api.${hostname.replace(/^api\./, '')}/`;
  return `${origin}/api/v3/`;
}
