/** What a host of code and pipelines answered when it refused. */
export abstract class HostFailure extends Error {
  /**
   * @param host as people know it, e.g. GitHub
   * @param asked method and path
   * @param body as it came
   */
  constructor(
    host: string,
    asked: string,
    readonly status: number,
    body: string,
  ) {
    super(`${host} answered ${status} to ${asked}: ${reasonIn(body)}`);
    this.name = new.target.name;
  }

  /** Whether it is the identity that may not. */
  abstract get isForbidden(): boolean;
}

function reasonIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : text.slice(0, 300);
  } catch {
    // A page of HTML says nothing to a person who reads a log.
    return text.startsWith('<') ? 'it shows its sign-in page' : text.slice(0, 300);
  }
}
