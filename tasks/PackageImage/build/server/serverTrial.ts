import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { differences } from '../../../common/comparison/differences';
import { parseExact } from '../../../common/json/exactJson';
import type { Clock } from '../../../common/clock';
import { messageOf } from '../../../common/messageOf';
import { longestStart, pathOf, type ServerTest } from '../../plan/serverTesting';
import type { SelfTestCase } from '../../plan/selfTestCase';
import { testBegins, type SelfTestOutcome } from '../selfTestOutcome';
import { ask, type Answer } from './ask';
import { sentence, serverFailure } from './serverFailure';

/** Runs a command of the engine to its end. */
export type RunEngine = (args: readonly string[], signal: AbortSignal) => Promise<{ code: number; output: string }>;

export interface TrialTools {
  readonly engine: RunEngine;
  /** A folder of the build's own. */
  readonly work: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  print(line: string): void;
}

/** How long the engine may take to remove the container, in milliseconds. */
const removal = 20_000;
const pause = 500;
/** How long one that answers by an error may go on until it counts as started all the same, in milliseconds. */
const patience = 60_000;
const shownOfBody = 2000;

/** Ends the test, with the outcome that it has. */
class Ended extends Error {
  constructor(readonly outcome: SelfTestOutcome) {
    super(outcome.text);
  }
}

/**
 * Tries the server of an image by the engine of this agent, as shell/server_testing.sh does in ACR Tasks: starts it, waits until it
 * answers, sends it the requests, compares the answers.
 */
export async function tryServer(image: string, test: ServerTest, tools: TrialTools): Promise<SelfTestOutcome> {
  const trial = new ServerTrial(`mlops-self-test-${randomUUID()}`, test, tools);
  tools.print(`${testBegins}\n`);
  try {
    return await trial.run(image);
  } catch (error) {
    if (error instanceof Ended) return error.outcome;
    throw error;
  } finally {
    await trial.remove();
  }
}

class ServerTrial {
  constructor(
    private readonly container: string,
    private readonly test: ServerTest,
    private readonly tools: TrialTools,
  ) {}

  async run(image: string): Promise<SelfTestOutcome> {
    const { test, tools, container } = this;
    const file = path.join(tools.work, 'environment');
    const lines = Object.entries(test.environment).map(([name, value]) => `${name}=${value}\n`);
    fs.writeFileSync(file, lines.join(''), { mode: 0o600 });
    const started = await this.call(['run', '--detach', '--name', container, '--platform', 'linux/amd64', '--publish', `127.0.0.1::${test.port}`, '--env-file', file, image]); // prettier-ignore
    if (started.code !== 0)
      throw failed(`the image could not be started: ${started.output.trim().split('\n').at(-1)?.slice(0, 300)}`);
    const ready = await this.awaitStart();
    const asked = await this.sendRequests();
    await this.mustRun();
    if (asked.answered === 0 && ready >= 500)
      throw await this.givenUp(`the server answers GET ${test.readinessPath} with ${ready}`);
    return { kind: 'passed', text: sentence(`the server started and ${this.told(ready, asked)}`) };
  }

  async remove(): Promise<void> {
    // It has a limit of its own: it is done because the test was broken off, too.
    await this.tools.engine(['rm', '--force', this.container], AbortSignal.timeout(removal)).catch(() => undefined);
  }

  private call(args: readonly string[]) {
    return this.tools.engine(args, this.tools.signal);
  }

  private told(ready: number, { answered, skipped }: { answered: number; skipped?: string }): string {
    const number = answered === 1 ? '1 request was' : `${answered} requests were`;
    const requests = answered > 0 ? `${number} answered as expected` : (skipped ?? 'no request was sent');
    const { readinessPath } = this.test;
    const hint = ready < 400 ? '' : `; Deploy-ACI's readinessPath must name a route that answers by 2xx, which ${readinessPath} does not (${ready})`; // prettier-ignore
    return `${requests}${hint}${answered > 0 && skipped ? `; ${skipped}` : ''}`;
  }

  /** @returns the status of the first answer that counts */
  private async awaitStart(): Promise<number> {
    const { test, tools } = this;
    const { clock, signal } = tools;
    const end = clock.now() + longestStart * 1000;
    let unwellSince: number | undefined;
    for (;;) {
      const url = `${await this.origin()}${test.readinessPath}`;
      const answer = await ask(url, { method: 'GET', headers: {}, body: Buffer.alloc(0) }, 10_000, signal).catch(() => undefined); // prettier-ignore
      signal.throwIfAborted();
      if (answer && answer.status < 500) return answer.status;
      if (answer) unwellSince ??= clock.now();
      if (answer && unwellSince !== undefined && clock.now() - unwellSince >= patience) return answer.status;
      if (clock.now() >= end) throw await this.notReached();
      await clock.sleep(pause, signal);
    }
  }

  /** Nobody can tell from here whether the server is deaf, or this agent is not where the engine publishes ports. */
  private async notReached(): Promise<Ended> {
    const { port } = this.test;
    if (process.env.DOCKER_HOST || fs.existsSync('/.dockerenv'))
      return new Ended({
        kind: 'notTested',
        text: `nothing answered on the published port ${port}, but this agent's engine is on another machine or outside of the agent's container, where it cannot be reached.`,
      });
    return this.givenUp(
      `nothing answered on port ${port} within ${longestStart} seconds. Listen at 0.0.0.0, not at localhost, on the port that EXPOSE names`,
    );
  }

  /** Where the engine has published the port. @throws Ended where the server does not run any more */
  private async origin(): Promise<string> {
    await this.mustRun();
    const { output } = await this.call(['port', this.container, `${this.test.port}/tcp`]);
    const address = /^\s*(\d+\.\d+\.\d+\.\d+:\d+)\s*$/m.exec(output)?.[1];
    // An engine whose containers have this machine's own network publishes nothing. Or it has ended; the next look tells.
    return `http://${address ?? `127.0.0.1:${this.test.port}`}`;
  }

  private async mustRun(): Promise<void> {
    const format = '{{.State.Running}} {{.State.ExitCode}} {{.State.OOMKilled}}';
    const { output } = await this.call(['inspect', '--format', format, this.container]);
    const [, running, code, killed] = /(true|false) (-?\d+) (true|false)/.exec(output) ?? [];
    if (running === 'true') return;
    throw await this.givenUp(
      killed === 'true'
        ? "the server's process was ended, as it took more memory than the engine has"
        : `the server's process ended with exit code ${code ?? 'unknown'}`,
    );
  }

  private async sendRequests(): Promise<{ answered: number; skipped?: string }> {
    const { test, tools } = this;
    let answered = 0;
    let skipped: string | undefined;
    for (const request of test.cases) {
      if (skipped && request.path === undefined) continue;
      const route = pathOf(request, test.scoringPath);
      const { status, body } = await this.send(request, `${await this.origin()}${route}`);
      tools.print(`Self-test: ${request.name} answered ${status}: ${body.slice(0, shownOfBody)}\n`);
      if (request.path === undefined && (status === 404 || status === 405)) {
        // The release may name another route; nobody has said so here.
        skipped = `its requests were not tried, as they name no path and ${route} answers ${status}`;
        continue;
      }
      if (!isWanted(status, request.expectStatus)) {
        const what = `the server answered ${request.name} with ${status} instead of ${request.expectStatus}`;
        throw status >= 500 ? await this.givenUp(what) : failed(`${what}: ${body.slice(0, 300)}`);
      }
      const wrong = wrongContent(request, body);
      if (wrong) throw failed(`the server answered ${request.name} wrongly: ${wrong}`);
      answered++;
    }
    return { answered, skipped };
  }

  private async send(request: SelfTestCase, url: string): Promise<Answer> {
    try {
      return await ask(url, request, 300_000, this.tools.signal);
    } catch (error) {
      this.tools.signal.throwIfAborted();
      await this.tools.clock.sleep(1000, this.tools.signal);
      await this.mustRun();
      throw failed(`the server did not answer ${request.name}: ${messageOf(error)}`);
    }
  }

  private async givenUp(what: string): Promise<Ended> {
    const { output } = await this.call(['logs', '--tail', '200', this.container]);
    this.tools.print(`The end of the server's log:\n${output.replace(/^(?=.)/gm, '| ')}\n`);
    return new Ended(serverFailure(what, output));
  }
}

function failed(text: string): Ended {
  return new Ended({ kind: 'failed', text: sentence(text.replace(/\s+/g, ' ')) });
}

function isWanted(status: number, expected: number | string): boolean {
  return typeof expected === 'number' ? status === expected : Math.floor(status / 100) === Number(expected[0]);
}

function wrongContent({ expectedText, tolerance }: SelfTestCase, body: string): string | undefined {
  if (expectedText === undefined) return undefined;
  let actual: unknown;
  try {
    actual = parseExact(body);
  } catch (error) {
    return `the answer is not JSON (${messageOf(error)}): ${body.slice(0, 300)}`;
  }
  const [first] = differences(actual, parseExact(expectedText), tolerance, 1);
  return first && `the answer is not as expected: ${first}`;
}
