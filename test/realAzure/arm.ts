import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { send, type Answer } from './send';

/** Newest stable ones of each service that the tasks or the recordings use. */
const versions: Record<string, string> = {
  'microsoft.machinelearningservices': '2024-04-01',
  'microsoft.containerregistry': '2023-07-01',
  'microsoft.containerinstance': '2023-05-01',
  'microsoft.storage': '2023-05-01',
  'microsoft.keyvault': '2022-07-01',
  'microsoft.managedidentity': '2023-01-31',
  'microsoft.authorization': '2022-04-01',
};
const resourceManager = '2022-09-01';
/** ACR's tasks have versions of their own. */
const tasksVersion = '2019-06-01-preview';
const ofTasks = /\/registries\/[^/]+\/(listBuildSourceUploadUrl|scheduleRun|runs|taskRuns)\b/i;

/** What Azure means to be asked again. */
const passing = [408, 429, 500, 502, 503, 504];
const mostTries = 4;

/** An answer that is not the wanted one, told by what Azure says of it. */
export class ArmFailure extends Error {
  constructor(
    what: string,
    readonly answer: Answer,
  ) {
    super(`${what}: ${answer.status} ${answer.text.slice(0, 600)}`);
  }
}

/** Requests to the resource manager, by the gateway or any other address of it. */
export class Arm {
  private readonly agent: Agent;

  constructor(
    readonly url: string,
    caFile: string | undefined,
    private readonly token: () => Promise<string>,
    private readonly signal?: AbortSignal,
  ) {
    this.agent = new Agent({ connect: caFile ? { ca: readFileSync(caFile, 'utf8') } : {} });
  }

  /** @returns another one that a signal does not break off, for the removal */
  without(): Arm {
    return Object.assign(Object.create(Arm.prototype) as Arm, this, { signal: undefined });
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  /** Whatever the answer is. A path without api-version gets that of its provider; reads are repeated where Azure asks for it. */
  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      this.signal?.throwIfAborted();
      const answer = await this.once(method, path, body, headers);
      const isRepeatable = method === 'GET' || answer.status === 429;
      if (!isRepeatable || !passing.includes(answer.status) || tries === mostTries) return answer;
      await sleep(secondsOf(answer, 2) * 1000, undefined, { signal: this.signal });
    }
  }

  /** An answer that is as wanted. @throws ArmFailure */
  async must(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.ask(method, path, body);
    if (answer.status < 300) return answer;
    throw new ArmFailure(`${method} ${path.split('?')[0]}`, answer);
  }

  /** As `must`, and waits until the operation that it began has ended, well. */
  async complete(method: string, path: string, body?: unknown): Promise<void> {
    const begun = await this.must(method, path, body);
    const operation = begun.headers['azure-asyncoperation'];
    const location = begun.headers.location;
    if (typeof operation === 'string') return this.follow(operation, (json) => String(json?.status));
    if (typeof location === 'string' && begun.status === 202) return this.follow(location);
    if (method !== 'PUT') return;
    await this.follow(path, (json) => String(json?.properties?.provisioningState ?? 'Succeeded'));
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  private async follow(path: string, stateOf?: (json: any) => string): Promise<void> {
    for (;;) {
      const answer = await this.ask('GET', path);
      // What was to be deleted has gone.
      if (answer.status === 404 && !stateOf) return;
      if (answer.status >= 400) throw new ArmFailure(`GET ${path.split('?')[0]}`, answer);
      const state = stateOf?.(answer.json) ?? (answer.status === 202 ? 'Running' : 'Succeeded');
      if (/^(succeeded|active)$/i.test(state)) return;
      if (/^(failed|canceled|cancelled)$/i.test(state))
        throw new ArmFailure(`${path.split('?')[0]} ended ${state}`, answer);
      await sleep(secondsOf(answer, 3) * 1000, undefined, { signal: this.signal });
    }
  }

  private async once(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
    const url = /^https?:/.test(path) ? path : `${this.url}${withVersion(path)}`;
    // The token is only for this cloud, wherever an answer points to.
    if (!url.startsWith(`${this.url}/`))
      throw new Error(`${new URL(url).origin} is not asked with a token of ${this.url}.`);
    return send(this.agent, {
      ...{ method, url, signal: this.signal },
      headers: { authorization: `Bearer ${await this.token()}`, 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }
}

function withVersion(path: string): string {
  if (/[?&]api-version=/.test(path) || !path.startsWith('/subscriptions')) return path;
  const provider = [...path.matchAll(/\/providers\/([^/?]+)/gi)].at(-1)?.[1]?.toLowerCase() ?? '';
  const version = ofTasks.test(path) ? tasksVersion : (versions[provider] ?? resourceManager);
  return `${path}${path.includes('?') ? '&' : '?'}api-version=${version}`;
}

function secondsOf({ headers }: Answer, usual: number): number {
  const asked = Number(headers['retry-after']);
  return Number.isFinite(asked) && asked > 0 ? Math.min(asked, 60) : usual;
}
