import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findPython } from '../../../local/python/findPython';
import { tryServer } from '../../../tasks/PackageImage/build/server/serverTrial';
import { outcomeLine, selfTestOutcome } from '../../../tasks/PackageImage/build/selfTestOutcome';
import type { SelfTestCase } from '../../../tasks/PackageImage/plan/selfTestCase';
import { serverTestFiles, type ServerTest } from '../../../tasks/PackageImage/plan/serverTesting';
import { StandInPrograms, type Call, type Deed } from '../../support/standInProgram';

/** A container as an engine tells of it, and what its server answers. */
interface Scenario {
  title: string;
  /** State.Running State.ExitCode State.OOMKilled */
  state?: string;
  log?: string;
  /** Status and body by method and path; the rest is answered by 404. */
  answers?: Record<string, [status: number, body: string]>;
  cases?: Array<Partial<SelfTestCase>>;
  /** What the last line of the log says. */
  outcome: RegExp;
}

const traceback = (last: string) =>
  `Traceback (most recent call last):\n  File "serve.py", line 3, in <module>\n${last}\n`;
const tensorflow = "Could not load dynamic library 'libcuda.so.1'; no CUDA-capable device\n";
const well: Scenario['answers'] = { 'GET /': [200, 'ok'] };
const score = (status: number, body: string) => ({ ...well, 'POST /score': [status, body] as [number, string] });
const golden = { name: 'golden', expectedText: '{"result": [5.0, "a"]}' };

const scenarios: Scenario[] = [
  { title: 'a server that answers', answers: well, outcome: /^SELF-TEST PASSED: the server started and no request was sent\.$/ }, // prettier-ignore
  {
    title: 'right answers, to a path of their own and to none',
    answers: { ...score(200, '{"result":[5.0000001,"a"]}'), 'PUT /other?q=a%20b': [201, ''] },
    cases: [golden, { name: 'other', method: 'PUT', path: '/other?q=a b', body: Buffer.from('x'), expectStatus: 201 }],
    outcome: /^SELF-TEST PASSED: the server started and 2 requests were answered as expected\.$/,
  },
  {
    title: 'a wrong value',
    answers: score(200, '{"result":[5.1,"a"]}'),
    cases: [golden],
    outcome:
      /^SELF-TEST FAILED: the server answered golden wrongly: the answer is not as expected: \$\.result\[0\]: expected 5(\.0)?, got 5\.1/,
  },
  {
    title: 'a value of another type',
    answers: score(200, '{"result":["5","a"]}'),
    cases: [golden],
    outcome: /^SELF-TEST FAILED: .*\$\.result\[0\]/,
  },
  { title: 'what is not JSON', answers: score(200, '<html>'), cases: [golden], outcome: /^SELF-TEST FAILED: .*is not JSON/ }, // prettier-ignore
  {
    title: 'a wrong status',
    answers: score(422, '{"detail":"data"}'),
    cases: [golden],
    outcome: /^SELF-TEST FAILED: the server answered golden with 422 instead of 2xx: \{"detail":"data"\}\.$/,
  },
  {
    title: 'no route of the requests',
    answers: well,
    cases: [golden, golden],
    outcome:
      /^SELF-TEST PASSED: the server started and its requests were not tried, as they name no path and \/score answers 404\.$/,
  },
  {
    title: 'no readiness at /',
    answers: { 'POST /score': [200, '{}'] },
    cases: [{ name: 'any' }],
    outcome:
      /PASSED: .* 1 request was answered as expected; Deploy-ACI's readinessPath must name a route .* which \/ does not \(404\)\.$/,
  },
  {
    title: 'an error while it answers, whose cause is in the log',
    answers: score(500, 'Internal Server Error'),
    log: `INFO: POST /score\n${traceback("KeyError: 'data'")}`,
    cases: [golden],
    outcome: /^SELF-TEST FAILED: the server answered golden with 500 instead of 2xx: KeyError: 'data'\.$/,
  },
  {
    title: 'an answer that needs an identity',
    answers: score(500, ''),
    log: traceback(
      'azure.core.exceptions.ClientAuthenticationError: DefaultAzureCredential failed to retrieve a token',
    ),
    cases: [golden],
    outcome:
      /^SELF-TEST NOT TESTED: The server needs an identity of Azure, which a build does not have: azure\.core.*token\.$/,
  },
  {
    title: 'a missing package, which a GPU would not bring',
    state: 'false 1 false',
    log: tensorflow + traceback("ModuleNotFoundError: No module named 'pandaz'"),
    outcome:
      /^SELF-TEST FAILED: the server's process ended with exit code 1: ModuleNotFoundError: No module named 'pandaz'\.$/,
  },
  {
    title: 'a missing package within another error',
    state: 'false 3 false',
    log: `${traceback("ModuleNotFoundError: No module named 'pandaz'")}\n${traceback('RuntimeError: no model')}ERROR:    Application startup failed. Exiting.\n`,
    outcome: /exit code 3: RuntimeError: no model \(because of ModuleNotFoundError: No module named 'pandaz'\)\.$/,
  },
  { title: 'a lack of a GPU', state: 'false 1 false', log: traceback('RuntimeError: Found no NVIDIA driver on your system.'), outcome: /^SELF-TEST NOT TESTED: The server needs a GPU, / }, // prettier-ignore
  { title: 'a warning of a GPU and an error of its own', state: 'false 1 false', log: tensorflow + traceback('ValueError: odd'), outcome: /^SELF-TEST FAILED: .*ValueError: odd\.$/ }, // prettier-ignore
  { title: 'a lack of a network', state: 'false 1 false', log: traceback('socket.gaierror: [Errno -2] Name or service not known'), outcome: /^SELF-TEST NOT TESTED: The server needs its network/ }, // prettier-ignore
  {
    title: 'a variable that nobody sets',
    state: 'false 1 false',
    log: `Traceback\n  File "<frozen os>", line 679, in __getitem__\nKeyError: 'MODEL_KEY'\n`,
    outcome:
      /KeyError: 'MODEL_KEY'\. The environment variable MODEL_KEY is not set here: give it in selfTestEnvironmentVariables\.$/,
  },
  { title: 'a program of another kind', state: 'false 1 false', log: 'node:internal\nError: Cannot find module express\n    at x\n', outcome: /exit code 1: Error: Cannot find module express\.$/ }, // prettier-ignore
  { title: 'an error of uvicorn', state: 'false 1 false', log: 'INFO: x\nERROR:    Error loading ASGI app. Could not import module "main".\n', outcome: /exit code 1: ERROR: +Error loading ASGI app\. Could not import module "main"\.$/ }, // prettier-ignore
  { title: 'silence', state: 'false 2 false', outcome: /^SELF-TEST FAILED: the server's process ended with exit code 2, and its log is empty\.$/ }, // prettier-ignore
  { title: 'too little memory', state: 'false 137 true', outcome: /^SELF-TEST FAILED: the server's process was ended, as it took more memory than .* has, / }, // prettier-ignore
];

describe('the test of a server, by the script for ACR Tasks and by the agent', function () {
  if (process.platform === 'win32') return;
  let directory: string;
  let server: Server;
  let answers: Scenario['answers'];
  let python: string;
  let docker: StandInPrograms;
  /** The scenario that Docker's client is in, and how it was called. */
  let container: Pick<Scenario, 'state' | 'log'>;
  const dockerCalls: string[][] = [];
  const received: string[] = [];

  /** Docker's client, for the script; it runs the Python of this machine for the image's. */
  function answerAsDocker({ words }: Call): Deed {
    dockerCalls.push(words);
    const { state = 'true 0 false', log = '' } = container;
    if (words[0] === 'inspect') return { out: `${words[2]!.includes('IPAddress') ? '127.0.0.1' : state}\n` };
    if (words[0] === 'logs') return { out: log };
    if (words.includes('--entrypoint')) return { become: [python, words.at(-1)!.replace('/workspace', directory)] };
    return {};
  }

  before(async () => {
    ({ executable: python } = await findPython());
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { method, url, headers } = request;
        received.push(JSON.stringify([method, url, headers['content-type'], Buffer.concat(parts).toString()]));
        const [status, body] = answers?.[`${method} ${url}`] ?? [404, ''];
        response.writeHead(status).end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    docker = await StandInPrograms.start(answerAsDocker);
  });
  after(() => {
    server.close();
    docker.close();
  });
  beforeEach(() => {
    received.length = 0;
    directory = mkdtempSync(path.join(tmpdir(), 'server-test-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function testOf({ cases = [] }: Scenario): ServerTest {
    const whole = cases.map((each) => ({
      ...{
        name: 'request',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.from('{"a": 1.0}'),
      },
      ...{ expectStatus: '2xx', tolerance: { absolute: 1e-6, relative: 1e-6 }, ...each },
    }));
    const { port } = server.address() as AddressInfo;
    return { environment: { SCALE: '3' }, cases: whole, port, readinessPath: '/', scoringPath: '/score' };
  }

  async function byScript(scenario: Scenario): Promise<{ code: number; text: string }> {
    container = scenario;
    dockerCalls.length = 0;
    const test = testOf(scenario);
    for (const { path: name, open } of serverTestFiles(test)) {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      const { stream } = await open(new AbortController().signal);
      writeFileSync(path.join(directory, name), Buffer.concat((await stream.toArray()) as Buffer[]));
    }
    const programs = path.join(directory, 'programs');
    mkdirSync(programs);
    docker.write(path.join(programs, 'docker'));
    const args = ['check/server_test.sh', 'image', String(test.port), '/', 'volume', 'network', '900'];
    const env = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
    return new Promise((resolve) =>
      execFile('sh', args, { cwd: directory, env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr }),
      ),
    );
  }

  async function byAgent(scenario: Scenario, published = true): Promise<{ text: string; calls: string[] }> {
    const { state = 'true 0 false', log = '' } = scenario;
    const test = testOf(scenario);
    let text = '';
    const calls: string[] = [];
    const outcome = await tryServer('image', test, {
      engine: (args) => {
        calls.push(args.join(' '));
        const port = published ? `127.0.0.1:${test.port}\n` : '';
        const output = { inspect: state, logs: log, port }[args[0]!] ?? '';
        return Promise.resolve({ code: 0, output });
      },
      work: directory,
      clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
      signal: new AbortController().signal,
      print: (line) => (text += line),
    });
    return { text: `${text}${outcomeLine(outcome)}\n`, calls };
  }

  for (const scenario of scenarios)
    it(`finds ${scenario.title}`, async () => {
      ({ answers } = scenario);
      const script = await byScript(scenario);
      assert.match(script.text.trimEnd().split('\n').at(-1)!, scenario.outcome, script.text);
      const { kind } = selfTestOutcome(script.text)!;
      assert.equal(script.code, kind === 'failed' ? 1 : 0, 'whether the run goes on to the push');
      const asked = [...received];
      received.length = 0;
      const { text, calls } = await byAgent(scenario);
      assert.match(text.trimEnd().split('\n').at(-1)!, scenario.outcome, text);
      assert.deepEqual(received, asked, 'both send the same');
      assert.equal(calls.at(-1)?.startsWith('rm --force mlops-self-test-'), true, 'nothing stays');
    });

  it('starts the image with the variables that an input gives, which stand on no command line', async () => {
    answers = well;
    const scenario = scenarios[0]!;
    await byScript(scenario);
    const calls = dockerCalls.map((words) => JSON.stringify(words)).join('\n');
    assert.match(calls, /"run","--detach",.*"--network","network",.*"--env-file","check\/environment","image"/);
    assert.equal(readFileSync(path.join(directory, 'check', 'environment'), 'utf8'), 'SCALE=3\n');
    assert.doesNotMatch(calls, /SCALE/);
    const agent = await byAgent(scenario);
    assert.match(agent.calls[0]!, /^run --detach --name \S+ .*--publish 127\.0\.0\.1::\d+ --env-file \S+ image$/);
    assert.equal(existsSync(path.join(directory, 'environment')), true);
    const own = await byAgent(scenario, false);
    assert.match(own.text, /SELF-TEST PASSED/, "a container in the agent's own network");
  });
});
