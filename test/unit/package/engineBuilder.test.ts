import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import path from 'node:path';
import sinon from 'sinon';
import type { TaskLog } from '../../../tasks/common/log';
import { textFile, type ContextFile } from '../../../tasks/PackageImage/context/buildContext';
import type { ServerTest } from '../../../tasks/PackageImage/plan/serverTesting';
import { EngineBuilder } from '../../../tasks/PackageImage/build/engineBuilder';
import { Secret } from '../../../tasks/common/secret';
import { StandInPrograms, type Call, type Deed } from '../../support/standInProgram';

interface EngineCall {
  args: string[];
  files: string[];
  PIP_INDEX_URL: string;
  single: string;
  auth: { auths: Record<string, { auth: string }>; [name: string]: unknown };
  contexts: string[];
  mode: number;
  same: boolean;
}

const listed = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);
/** What an engine reads of its environment. */
const variables = ['PIP_INDEX_URL', 'REGISTRY_AUTH_FILE', 'DOCKER_CONFIG', 'BUILDX_NO_DEFAULT_ATTESTATIONS'];

describe('EngineBuilder', function () {
  if (process.platform === 'win32') return;
  let directory: string;
  let printed: string;
  let calls: EngineCall[];
  /** The engine that responds, and the commands that fail and that do not end. */
  let behaviour: { responding: string; failing?: string; staying?: string };
  let engines: StandInPrograms;
  const saved = { ...process.env };
  const log = { info: sinon.stub() } as unknown as TaskLog;

  /** Notes what it is called with. */
  function engine({ program, words: args, environment }: Call): Deed {
    const [command] = args;
    if (command === 'info') return program === behaviour.responding ? {} : { err: 'no daemon\n', code: 1 };
    const { PIP_INDEX_URL, REGISTRY_AUTH_FILE, DOCKER_CONFIG, BUILDX_NO_DEFAULT_ATTESTATIONS: single } = environment;
    calls.push({
      args,
      files: command === 'build' ? listed(args.at(-1)!) : [],
      PIP_INDEX_URL: PIP_INDEX_URL!,
      single: single!,
      auth: JSON.parse(readFileSync(REGISTRY_AUTH_FILE!, 'utf8')) as EngineCall['auth'],
      mode: statSync(REGISTRY_AUTH_FILE!).mode & 0o777,
      same: existsSync(path.join(DOCKER_CONFIG!, 'config.json')),
      contexts: listed(path.join(DOCKER_CONFIG!, 'contexts')),
    });
    const said = { out: 'Step 1\n', err: 'a warning\n' };
    if (command === behaviour.failing) return { ...said, out: `${said.out}returned a non-zero code: 137\n`, code: 1 };
    return command === behaviour.staying ? { ...said, become: ['/bin/sleep', '60'] } : said;
  }

  before(async () => (engines = await StandInPrograms.start(engine, variables)));
  after(() => engines.close());
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'engine-'));
    printed = '';
    calls = [];
    behaviour = { responding: 'docker' };
    for (const name of ['docker', 'podman']) engines.write(path.join(directory, name));
    process.env.PATH = directory;
  });
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
    Object.assign(process.env, saved);
    rmSync(directory, { recursive: true });
  });

  function build(signal = new AbortController().signal, more: ContextFile[] = [], serverTest?: ServerTest) {
    const logins = {
      'acr.example.net': { userName: 'pusher', password: new Secret('push word') },
      'docker.io': { userName: 'puller', password: new Secret('pull word') },
    };
    const builder = new EngineBuilder(
      { temp: directory, timeoutInMinutes: 5, registry: 'acr.example.net', logins },
      log,
      { now: () => Date.now(), sleep: () => Promise.resolve() },
    );
    const order = {
      context: [textFile('Dockerfile', 'FROM x'), textFile('code/a.py', '1'), ...more],
      dockerfile: 'Dockerfile',
      repository: 'team/model',
      tags: ['v1', 'content-1'],
      content: 'content-1',
      arguments: [
        { name: 'MODEL_NAME', value: 'm' },
        { name: 'PIP_INDEX_URL', value: new Secret('https://user:word@host/simple') },
      ],
      serverTest,
    };
    return builder.build(order, (lines) => (printed += lines), signal);
  }

  it('writes no file of a model outside of the build, whatever storage calls it', async () => {
    for (const name of ['model/../../../owned', path.join(directory, 'owned'), '../context-other/owned']) {
      await assert.rejects(build(undefined, [textFile(name, 'x')]), /would lie outside of the build's folder/);
    }
    assert.deepEqual(
      readdirSync(directory).filter((each) => !['docker', 'podman'].includes(each)),
      [],
    );
  });

  it('starts the image before it pushes it, and pushes none that fails', async () => {
    const test = { environment: {}, cases: [], port: 8080, readinessPath: '/', scoringPath: '/score' };
    await assert.rejects(build(undefined, [], test), /failed its self-test: the server's process ended/);
    assert.deepEqual(
      calls.map(({ args }) => args[0]),
      ['build', 'run', 'inspect', 'logs', 'rm'],
    );
    assert.match(printed, /Self-test begins\.\n[^]*SELF-TEST FAILED: .*\n$/);
  });

  it('builds, then pushes each tag, with secrets on no command line', async () => {
    await build();
    const all = calls;
    assert.deepEqual(
      all.map(({ args }) => args[0]),
      ['build', 'push', 'push'],
    );
    const [first, ...pushes] = all as [EngineCall, ...EngineCall[]];
    assert.deepEqual(first.files, ['Dockerfile', 'code']);
    const after = (flag: string) => first.args.filter((_, index) => first.args[index - 1] === flag);
    assert.deepEqual(after('--tag'), ['acr.example.net/team/model:v1', 'acr.example.net/team/model:content-1']);
    assert.deepEqual(after('--build-arg'), ['MODEL_NAME=m', 'PIP_INDEX_URL']);
    assert.deepEqual(after('--platform'), ['linux/amd64']);
    assert.equal(first.PIP_INDEX_URL, 'https://user:word@host/simple');
    assert.equal(first.single, '1', 'one image, not an index');
    assert.deepEqual(
      pushes.map(({ args }) => args[1]),
      ['acr.example.net/team/model:v1', 'acr.example.net/team/model:content-1'],
    );
    for (const { args } of all) assert.doesNotMatch(args.join(' '), /word/);
  });

  it('signs in by a file for only its own user, which is gone afterwards', async () => {
    await build();
    const [{ auth, mode, same }] = calls as [EngineCall];
    const decoded = Object.entries(auth.auths).map(([server, { auth: text }]) => [
      server,
      Buffer.from(text, 'base64').toString(),
    ]);
    assert.deepEqual(decoded, [
      ['acr.example.net', 'pusher:push word'],
      ['https://index.docker.io/v1/', 'puller:pull word'],
    ]);
    assert.equal(mode, 0o600);
    assert.ok(same, 'Docker and Podman read one file');
    assert.deepEqual(readdirSync(directory).sort(), ['docker', 'podman']);
  });

  it("keeps to the agent's own engine, plug-ins and proxies, and hands none of its credentials on", async () => {
    const own = mkdtempSync(path.join(tmpdir(), 'docker-config-'));
    try {
      const proxies = { default: { httpsProxy: 'http://proxy.example.net:3128' } };
      const configuration = {
        currentContext: 'rootless',
        proxies,
        cliPluginsExtraDirs: ['/opt/plugins'],
        auths: { 'other.example.net': { auth: 'b3RoZXI6d29yZA==' } },
        credsStore: 'pass',
        credHelpers: { 'acr.example.net': 'acr-env' },
      };
      writeFileSync(path.join(own, 'config.json'), JSON.stringify(configuration));
      mkdirSync(path.join(own, 'contexts', 'meta'), { recursive: true });
      process.env.DOCKER_CONFIG = own;
      await build();
      const [{ auth, contexts }] = calls as [EngineCall];
      const { auths, ...rest } = auth;
      assert.deepEqual(Object.keys(auths), ['acr.example.net', 'https://index.docker.io/v1/']);
      assert.deepEqual(rest, {
        currentContext: 'rootless',
        proxies,
        cliPluginsExtraDirs: [path.join(own, 'cli-plugins'), '/opt/plugins'],
      });
      assert.deepEqual(contexts, ['meta']);
      assert.ok(existsSync(path.join(own, 'contexts', 'meta')), 'only the link goes with the build');
    } finally {
      rmSync(own, { recursive: true });
    }
  });

  for (const text of ['not json', 'null']) {
    it(`builds where the agent's own configuration is ${text}`, async () => {
      const own = mkdtempSync(path.join(tmpdir(), 'docker-config-'));
      try {
        writeFileSync(path.join(own, 'config.json'), text);
        process.env.DOCKER_CONFIG = own;
        await build();
        assert.equal(calls.length, 3);
      } finally {
        rmSync(own, { recursive: true });
      }
    });
  }

  it('shows both streams of the engine', async () => {
    await build();
    assert.ok(printed.includes('Step 1\n') && printed.includes('a warning\n'));
  });

  it('takes Podman where Docker does not answer', async () => {
    behaviour.responding = 'podman';
    await build();
    sinon.assert.calledWith(log.info as sinon.SinonStub, 'Building with podman on this agent');
  });

  it('says what each engine said where none answers', async () => {
    behaviour.responding = 'none';
    await assert.rejects(
      build(),
      /Input builder: neither Docker nor Podman responds.*docker: no daemon; podman: no daemon.*acrTasks/,
    );
    assert.deepEqual(calls, []);
  });

  it('explains a failed build, pushes nothing and leaves nothing', async () => {
    behaviour.failing = 'build';
    await assert.rejects(build(), /ran out of memory/);
    assert.equal(calls.length, 1);
    assert.deepEqual(readdirSync(directory).sort(), ['docker', 'podman']);
  });

  it('ends the engine at cancellation', async () => {
    behaviour.staying = 'build';
    const stop = new AbortController();
    const building = build(stop.signal);
    while (!printed.includes('Step 1')) await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort(new Error('cancelled'));
    await assert.rejects(building, /cancelled/);
    assert.deepEqual(readdirSync(directory).sort(), ['docker', 'podman']);
  });
});
