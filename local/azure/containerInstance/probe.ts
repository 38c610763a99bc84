import http from 'node:http';
import https from 'node:https';
import type { Probe } from './groupDefinition';

export interface ProbeTarget {
  address: string;
  /** Returns the exit code of a command in the container. */
  execute(command: string[], timeoutInSeconds: number): Promise<number>;
}

/**
 * Watches one container by a probe, with Kubernetes' defaults where the definition says nothing: every 10 s, 1 s to answer, 3
 * failures, 1 success. `onFailure` is called with each failure's text, and whether the threshold is reached.
 */
export class ProbeWatch {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private failures = 0;

  constructor(
    private readonly probe: Probe,
    private readonly target: ProbeTarget,
    private readonly onFailure: (message: string, isThreshold: boolean) => void,
  ) {
    this.next((probe.initialDelaySeconds ?? 0) * 1000);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private next(delay: number): void {
    this.timer = setTimeout(() => void this.look(), delay);
  }

  private async look(): Promise<void> {
    const failure = await askProbe(this.probe, this.target);
    if (this.stopped) return;
    if (failure === undefined) this.failures = 0;
    else {
      this.failures++;
      this.onFailure(failure, this.failures >= (this.probe.failureThreshold ?? 3));
    }
    if (!this.stopped) this.next((this.probe.periodSeconds ?? 10) * 1000);
  }
}

/** Asks once. Undefined when the container is well, else what is wrong, in Kubernetes' words. */
async function askProbe(probe: Probe, target: ProbeTarget): Promise<string | undefined> {
  const timeout = probe.timeoutSeconds ?? 1;
  if (probe.exec) {
    const exitCode = await target.execute(probe.exec.command ?? [], timeout);
    return exitCode === 0
      ? undefined
      : `command ${JSON.stringify(probe.exec.command ?? [])} ended with exit code ${exitCode}`;
  }
  const { path = '/', port = 80, scheme = 'http', httpHeaders = [] } = probe.httpGet ?? {};
  const isSecure = scheme.toLowerCase() === 'https';
  const url = `${isSecure ? 'https' : 'http'}://${target.address}:${port}${path.startsWith('/') ? path : `/${path}`}`;
  return new Promise((resolve) => {
    const request = (isSecure ? https : http).get(
      url,
      {
        agent: false,
        timeout: timeout * 1000,
        // A probe looks at whether it answers, not at who it is; the target is a loopback address.
        rejectUnauthorized: false,
        headers: {
          'user-agent': 'kube-probe/1.29',
          ...Object.fromEntries(httpHeaders.map(({ name = '', value = '' }) => [name, value])),
        },
      },
      (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        resolve(statusCode >= 200 && statusCode < 400 ? undefined : `HTTP probe failed with statuscode: ${statusCode}`);
      },
    );
    request.once('timeout', () => request.destroy(new Error('context deadline exceeded')));
    request.once('error', (error) => resolve(`Get "${url}": ${error.message}`));
  });
}
