import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { localCloud } from '../../../local/azure/context';
import type { LocalAzure } from '../../../local/azure';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import type { TrainingSection } from '../../../tasks/common/record/record';
import { readRecord } from '../../../tasks/common/record/recordFile';
import { runBuiltTask, TestJob } from '../../support/agent';
import { localAzure } from '../../support/azure';
import { ImageRegistry } from '../../support/imageRegistry';
import { registerModel } from '../../support/registeredModel';
import { cloudClient } from '../../local/containers/cloudClient';

const dockerfile = `FROM python:3.11-slim AS made
ARG TOKEN=none
RUN python3 -c 'import hashlib, os; open("/made", "w").write(hashlib.sha256(os.environ.get("TOKEN", "none").encode()).hexdigest())'

FROM python:3.11-slim
ENV PORT=8085
COPY --from=made /made /app/
COPY serve.py model/model/factor.txt /app/
WORKDIR /app
EXPOSE $PORT
CMD ["python3", "serve.py"]
`;

/** Multiplies by the model's number; \`before\` runs before it listens. */
const serve = (before = '') => `import http.server, json, os
${before}
factor = float(open("factor.txt").read()) * float(os.environ.get("SCALE", "1"))

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200 if self.path == "/" else 404, {})

    def do_POST(self):
        data = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.answer(200, {"result": [factor * each for each in data["data"]]})

http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
`;

describe("MLOpsPackageImage with one's own Dockerfile", function () {
  this.timeout(300_000);
  let azure: LocalAzure;
  let images: ImageRegistry;
  before(async function () {
    azure = await localAzure();
    images = new ImageRegistry(await cloudClient());
  });

  /** @param golden the requests that training wrote */
  async function arrange(script: string, golden: object[] = [], inputs: Record<string, string> = {}) {
    const { name, record } = await registerModel(azure, { 'factor.txt': '2' });
    const requests = JSON.stringify(golden);
    const training: TrainingSection = {
      ...{ jobName: 'j', jobType: 'command', status: 'Completed', experimentName: 'e', metrics: {}, data: [] },
      goldenRequests: { file: 'golden_requests.json', sha256: createHash('sha256').update(requests).digest('hex') },
    };
    const { model, evaluation } = record;
    const begun = golden.length > 0 ? append(emptyRecord(), 'training', training) : emptyRecord();
    const trained = append(append(begun, 'model', model!), 'evaluation', evaluation!);
    const job = new TestJob('build', azure);
    const run = async (files: Record<string, string> = {}) => {
      const result = await runBuiltTask('PackageImage', {
        job,
        inputs: {
          azureSubscription: localCloud.serviceConnectionId,
          recordFile: 'record/mlops-record.json',
          ...{
            packaging: 'dockerfile',
            dockerfile: 'image/Dockerfile',
            baseImage: '',
            imageRepository: name,
            ...inputs,
          },
        },
        files,
      });
      return { ...result, text: result.log.join('\n') };
    };
    const first = () =>
      run({
        'record/mlops-record.json': JSON.stringify(trained),
        'record/golden_requests.json': requests,
        'image/Dockerfile': dockerfile,
        'image/serve.py': script,
      });
    const recorded = async () => (await readRecord(path.join(job.root, 'record/mlops-record.json'))).image?.selfTest;
    return { name, job, first, again: run, recorded };
  }

  const isPushed = async (name: string) =>
    images.manifest(name, 'v1').then(
      () => true,
      () => false,
    );

  it('starts the image with its environment before the push, compares its answers, and knows that when it is used again', async () => {
    const golden = [
      { name: 'two', request: { data: [1, 2] }, expected: { result: [6, 12] } },
      {
        name: 'picture',
        requestBase64: Buffer.from('{"data": [0.1]}').toString('base64'),
        expected: { result: [0.6] },
      },
      { name: 'no such page', path: '/other?q=a%20b', expectStatus: 404 },
    ];
    const token = "it's $HOME: {top} \\n";
    const hash = createHash('sha256').update(token).digest('hex');
    const inputs = { selfTestEnvironmentVariables: 'SCALE=3', secretBuildArguments: 'TOKEN=$(token)' };
    const check = `made = open("made").read()\nassert made == "${hash}", made`;
    const { job, first, again, recorded } = await arrange(serve(check), golden, inputs);
    job.variables.set('token', token, { secret: true });
    const built = await first();
    assert.equal(built.result, 'succeeded', built.text);
    const text = 'the server started and 3 requests were answered as expected.';
    assert.ok(built.text.includes(`SELF-TEST PASSED: ${text}`), built.text);
    const build = job.variables.get('Build.BuildNumber');
    assert.deepEqual(await recorded(), { outcome: 'passed', text, build });
    job.variables.set('Build.BuildNumber', 'later.1');
    const reused = await again();
    assert.equal(reused.outputs.built, 'false', reused.text);
    assert.deepEqual(await recorded(), { outcome: 'passed', text, build }, 'the build that tested it');
  });

  it('pushes nothing that fails, and names what is missing', async () => {
    const { name, first } = await arrange(serve('import pandaz'));
    const { result, issues, text } = await first();
    assert.equal(result, 'failed', text);
    const told =
      /failed its self-test: the server's process ended with exit code 1: ModuleNotFoundError: No module named 'pandaz'\./;
    assert.match(issues.map(({ message }) => message).join('\n'), told);
    assert.match(text, /\| Traceback[^]*\| ModuleNotFoundError/, "the server's log is shown");
    assert.equal(await isPushed(name), false);
  });

  it('pushes what only the target can start, and says so', async () => {
    const { name, first, recorded } = await arrange(serve('raise RuntimeError("Found no NVIDIA driver.")'));
    const { result, issues, text } = await first();
    assert.equal(result, 'succeeded', text);
    const told = /not tested: The server needs a GPU, which a build does not have/;
    assert.match(issues.map(({ message }) => message).join('\n'), told);
    assert.equal((await recorded())?.outcome, 'notTested');
    assert.equal(await isPushed(name), true);
  });

  it('waits for a server that starts slowly, and does not send requests to a route that it does not have', async () => {
    const slow = 'import time\ntime.sleep(4)';
    const script = serve(slow).replace(
      'self.answer(200, {"result"',
      'self.answer(404 if self.path == "/score" else 200, {"result"',
    );
    const { first, recorded } = await arrange(script, [{ request: { data: [1] }, expected: { result: [2] } }]);
    const { result, text } = await first();
    assert.equal(result, 'succeeded', text);
    assert.match(
      (await recorded())?.text ?? '',
      /started and its requests were not tried, as they name no path and \/score answers 404/,
    );
  });

  it('starts nothing where the test is off, and says so', async () => {
    const { name, first, recorded } = await arrange(serve('import pandaz'), [], { selfTest: 'false' });
    const { result, text } = await first();
    assert.equal(result, 'succeeded', text);
    assert.equal((await recorded())?.outcome, 'off');
    assert.equal(await isPushed(name), true);
  });
});
