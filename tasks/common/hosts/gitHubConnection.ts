import type { Secret } from '../secret';

/** A service connection to GitHub or GitHub Enterprise Server, as plain data. Its token is registered as a secret. */
export interface GitHubConnection {
  /** e.g. https://github.com */
  readonly url: string;
  readonly token: Secret;
}
