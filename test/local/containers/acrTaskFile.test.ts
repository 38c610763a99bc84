import assert from 'node:assert/strict';
import { runInOrder } from '../../../local/azure/containerRegistry/execution/stepOrder';
import { readTaskFile } from '../../../local/azure/containerRegistry/taskFile/taskFile';
import { shellWords } from '../../../local/azure/containerRegistry/taskFile/shellWords';
import { buildImage, schedule, upload, waitForRun, type BuildResult, type Files } from './acrBuild';
import { cloudClient, type CloudClient } from './cloudClient';

const run = { ID: 'ca1', Registry: 'acr.example.net', SharedVolume: 'volume' };
const read = (text: string, Values: Record<string, string> = {}) => readTaskFile(text, { Run: run, Values });

describe("a task's file", () => {
  it('is read with aliases from v1.1.0 on, and without them before', () => {
    const steps = (version: string) => `version: ${version}\nsteps:\n  - cmd: bash echo '$ID' $$x\n`;
    assert.deepEqual(read(steps('v1.1.0').replace('$$x', "'$$x'"))[0]?.words, [
      'mcr.microsoft.com/acr/bash',
      'echo',
      'ca1',
      '$x',
    ]);
    assert.deepEqual(read(steps('v1.0.0').replace('$$x', ''))[0]?.words, ['bash', 'echo', '$ID']);
    const own = read(
      'version: v1.1.0\nalias:\n  values:\n    repo: team/model\nsteps:\n  - push: ["$Registry/$repo:1"]\n',
    );
    assert.deepEqual(own[0]?.images, ['acr.example.net/team/model:1']);
  });

  it('gets values that are given, as they are', () => {
    const text = 'steps:\n  - build: "--build-arg=TOKEN ."\n    env: ["{{.Values.token}}"]\n';
    const [step] = read(text, { token: '\'TOKEN=a b$c: \\"d\\"\'' });
    assert.deepEqual(step?.environment, { TOKEN: 'a b$c: "d"' });
    assert.deepEqual(read('steps:\n  - cmd: bash {{ "a" | b64enc }}\n')[0]?.words, ['bash', 'YQ==']);
  });

  it('has what the whole task says in each step, unless the step says otherwise', () => {
    const text = 'stepTimeout: 60\nenv: [A=1, B=2]\nworkingDirectory: sub\nsteps:\n  - cmd: x\n    env: [B=3]\n  - cmd: y\n    timeout: 5\n'; // prettier-ignore
    const [first, second] = read(text);
    assert.deepEqual(first?.environment, { A: '1', B: '3' });
    assert.deepEqual([first?.timeout, second?.timeout, second?.id], [60, 5, 'acb_step_1']);
    assert.equal(second?.workingDirectory, 'sub');
  });

  const wrong: Array<[string, RegExp]> = [
    ['version: v9\nsteps: []', /invalid version specified: "v9"/],
    ['steps: [{ id: a }]', /missing a cmd, build, or push/],
    ['steps: [{ cmd: x, push: [y] }]', /only contain a single build, cmd, or push/],
    ['steps: [{ id: a b, cmd: x }]', /cannot contain spaces/],
    ['steps: [{ id: a, cmd: x }, { id: a, cmd: x }]', /a already exists as a vertex/],
    ['steps: [{ id: a, cmd: x, when: [a] }]', /self-referenced/],
    ['steps: [{ cmd: "{{ if .x }}" }]', /failed to parse template/],
    ['steps: [{ cmd: x, volumeMounts: [] }]', /does not know the property "volumeMounts"/],
    ['steps: [', /failed to deserialize task/],
    ['steps: [{ cmd: "bash echo a | tee b" }]', /unquoted \|/],
  ];
  for (const [text, message] of wrong)
    it(`is refused: ${message.source}`, () => assert.throws(() => read(text), message));

  it('splits commands as a shell does', () => {
    assert.deepEqual(shellWords(`a 'b c' "d \\"e\\"" f\\ g h''i ''`), ['a', 'b c', 'd "e"', 'f g', 'hi', '']);
  });

  it('runs steps in the order of their "when"', async () => {
    const order = async (text: string) => {
      const ran: string[] = [];
      await runInOrder(read(text), (step) => Promise.resolve(void ran.push(step.id)));
      return ran;
    };
    const step = (id: string, when = '') => `{ id: ${id}, cmd: x${when ? `, when: [${when}]` : ''} }`;
    assert.deepEqual(await order(`steps: [${step('a')}, ${step('b')}, ${step('c')}]`), ['a', 'b', 'c']);
    const parallel = await order(`steps: [${step('a', 'b, c')}, ${step('b', '"-"')}, ${step('c', '"-"')}]`);
    assert.deepEqual([parallel.slice(0, 2).sort(), parallel[2]], [['b', 'c'], 'a']);
    await assert.rejects(order(`steps: [${step('a', 'z')}]`), /z does not exist as a vertex/);
    await assert.rejects(order(`steps: [${step('a', 'b')}, ${step('b', 'a')}]`), /wait for each other: a, b/);
  });
});

const server = `import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["GREETING"].encode())
print("listening", os.path.exists("note.txt"), flush=True)
http.server.HTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
`;
const files: Files = {
  'image/Dockerfile': 'FROM python:3.11\nCOPY serve.py /\nEXPOSE 8080\nCMD ["python3", "/serve.py"]\n',
  'image/serve.py': server,
  'note.txt': 'of the run',
};

describe('a task of several steps in ACR Tasks', function () {
  this.timeout(180_000);
  let cloud: CloudClient;
  before(async () => void (cloud = await cloudClient()));

  async function runTask(steps: string, more: Record<string, unknown> = {}): Promise<BuildResult> {
    const scheduled = await schedule(cloud, {
      ...{ type: 'EncodedTaskRunRequest', dockerFilePath: undefined, sourceLocation: await upload(cloud, files) },
      encodedTaskContent: Buffer.from(`version: v1.1.0\nsteps:\n${steps}`).toString('base64'),
      ...more,
    });
    assert.equal(scheduled.status, 200, scheduled.text);
    return waitForRun(cloud, scheduled.json.properties.runId as string);
  }
  const build = '  - id: build\n    build: -t $Registry/multi:$ID .\n    workingDirectory: image\n';

  it('builds, starts the image detached, speaks to it by its name, and pushes', async () => {
    const result = await runTask(`${build}
  - id: server
    cmd: $Registry/multi:$ID
    detach: true
    keep: true
    env: ["GREETING='hello, {{.Values.who}}'"]
  - cmd: bash -c 'for i in 1 2 3 4 5 6 7 8 9 10; do curl -s http://server:8080/ && exit 0; sleep 1; done; exit 1'
    id: probe
  - cmd: docker logs server
  - cmd: bash -c 'cat note.txt; exit 3'
    ignoreErrors: true
  - push: ["$Registry/multi:$ID"]
`, { values: [{ name: 'who', value: 'topsecret', isSecret: true }] }); // prettier-ignore
    assert.equal(result.status, 'Succeeded', result.log);
    assert.match(result.log, /hello, \*\*\*/);
    assert.doesNotMatch(result.log, /topsecret/);
    assert.match(result.log, /listening True/);
    assert.match(result.log, /of the run/);
    assert.match(result.log, /exit status 3, but is set to ignore errors/);
    assert.deepEqual(Object.keys(result.digests), [`multi:${result.runId}`]);
  });

  it('stops at the first step that fails, and pushes nothing', async () => {
    const failing = '  - id: check\n    cmd: bash -c \'echo no; exit 4\'\n  - push: ["$Registry/multi:$ID"]\n';
    const result = await runTask(build + failing);
    assert.equal(result.status, 'Failed');
    assert.match(result.log, /no\n[^]*failed to run step ID: check: exit status 4/);
    assert.deepEqual(result.digests, {});
  });

  it('lets a script of a step deal with containers by docker', async () => {
    const script = [
      'docker run --detach --name s --network acb_default_network --env GREETING=hi "$1" >/dev/null',
      "docker inspect --format '{{.State.Running}} {{.State.ExitCode}}' s",
      'docker rm --force s; docker logs s; echo "gone: $?"',
      'docker run --rm --entrypoint nothing "$1"; echo "no program: $?"',
      'docker run --rm --volume "$2:/workspace:ro" --entrypoint python3 "$1" /workspace/note.py',
    ].join('\n');
    const run = { ...files, 'try.sh': script, 'note.py': 'print("of the run")\n' };
    const result = await runTask(`${build}  - cmd: docker try.sh $Registry/multi:$ID {{.Run.SharedVolume}}\n    entryPoint: sh\n`, {
      sourceLocation: await upload(cloud, run),
    }); // prettier-ignore
    assert.equal(result.status, 'Succeeded', result.log);
    assert.match(result.log, /true 0\ns\n[^]*gone: 1[^]*no program: 127\nof the run/);
  });

  it('says what is wrong with its file', async () => {
    const result = await runTask('  - id: a b\n    cmd: bash\n');
    assert.equal(result.status, 'Failed');
    assert.match(result.log, /step ID cannot contain spaces/);
  });

  it('builds as ever what is asked for as a quick build', async () => {
    const quick = await buildImage(cloud, { Dockerfile: 'FROM scratch\n' }, { imageNames: ['quick:1'] });
    assert.equal(quick.status, 'Succeeded', quick.log);
  });
});
