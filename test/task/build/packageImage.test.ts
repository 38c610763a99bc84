import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { localCloud } from '../../../local/azure/context';
import type { LocalAzure } from '../../../local/azure';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { readRecord } from '../../../tasks/common/record/recordFile';
import { cycloneDxSchema } from '../../support/cycloneDx';
import { runBuiltTask, TestJob, type BuiltTaskOptions } from '../../support/agent';
import { localAzure } from '../../support/azure';
import { ImageRegistry } from '../../support/imageRegistry';
import { createGroup, deleteGroup } from '../../local/containers/aciGroup';
import { registryPath } from '../../local/containers/acrBuild';
import { cloudClient, type CloudClient } from '../../local/containers/cloudClient';
import { killChild } from '../../support/killChild';
import { MlWorkspace, workspaceId } from '../../support/mlWorkspace';
import { registerModel as registerForTest } from '../../support/registeredModel';

/** Copies files and no more, so that builds are quick. */
const dockerfile = `ARG BASE_IMAGE=mcr.microsoft.com/azureml/curated/minimal-py311-inference:latest
FROM \${BASE_IMAGE}
ARG MODEL_VERSION
ENV VERSION=\${MODEL_VERSION}
COPY model/ /model/
COPY serve.py /serve.py
EXPOSE 8080
CMD ["python3", "/serve.py"]
`;

const serve = `import http.server
http.server.test(http.server.SimpleHTTPRequestHandler, port=8080)
`;

describe('MLOpsPackageImage', function () {
  this.timeout(600_000);
  let azure: LocalAzure;
  let workspace: MlWorkspace;
  let images: ImageRegistry;
  let cloud: CloudClient;

  before(async function () {
    this.timeout(600_000);
    azure = await localAzure();
    workspace = new MlWorkspace(azure);
    cloud = await cloudClient();
    images = new ImageRegistry(cloud);
  });
  afterEach(() => azure.faults.clear());

  const registerModel = (files: Record<string, string>, decision?: 'rejected') =>
    registerForTest(azure, files, decision);

  function run(record: ModelRecord | undefined, inputs: Record<string, string>, options: BuiltTaskOptions = {}) {
    const { files, ...rest } = options;
    return runBuiltTask('PackageImage', {
      job: options.job ?? new TestJob('build', azure),
      refName: 'package',
      inputs: {
        azureSubscription: localCloud.serviceConnectionId,
        recordFile: record ? 'record/mlops-record.json' : '',
        ...inputs,
      },
      files: { ...(record ? { 'record/mlops-record.json': JSON.stringify(record) } : {}), ...files },
      ...rest,
    });
  }

  const own = { packaging: 'dockerfile', dockerfile: 'image/Dockerfile', baseImage: '' };
  const ownFiles = { 'image/Dockerfile': dockerfile, 'image/serve.py': serve };

  it('builds, pushes, registers and records the image, and finds it again', async () => {
    const { name, record } = await registerModel({ 'model.txt': 'weights' });
    const job = new TestJob('build', azure);
    const inputs = { ...own, imageRepository: `team/${name}`, imageTags: 'nightly' };
    const first = await run(record, inputs, { job, files: ownFiles });
    assert.equal(first.result, 'succeeded', first.log.join('\n'));
    const { image = '', imageDigest = '', environmentId = '', built } = first.outputs;
    const login = `${localCloud.registry}.azurecr.localhost:${azure.port}`;
    assert.match(imageDigest, /^sha256:[0-9a-f]{64}$/);
    assert.equal(image, `${login}/team/${name}@${imageDigest}`);
    assert.equal(built, 'true');

    const file = path.join(job.root, 'record/mlops-record.json');
    const { image: section } = await readRecord(file);
    assert.equal(section?.reference, image);
    assert.equal(section?.port, 8080);
    assert.equal(section?.environmentId, environmentId);
    assert.deepEqual(section?.tags.slice(0, -1), ['v1', first.job.variables.get('Build.BuildNumber'), 'nightly']);
    const info = JSON.parse(readFileSync(path.join(path.dirname(file), 'eval_info.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.equal(info.image_name, image);

    const model = (await workspace.call('GET', workspace.arm(`/models/${name}/versions/1`))) as {
      body: { properties: { tags: Record<string, string> } };
    };
    assert.deepEqual(model.body.properties.tags, { mine: 'kept', image, imageDigest });
    const environment = (await workspace.call('GET', `${environmentId}?api-version=2024-04-01`)) as {
      body: { properties: { image: string; inferenceConfig: { scoringRoute: object } } };
    };
    assert.equal(environment.body.properties.image, image);
    assert.deepEqual(environment.body.properties.inferenceConfig.scoringRoute, { path: '/score', port: 8080 });

    const { mediaType, annotations = {} } = await images.manifest(`team/${name}`, imageDigest);
    assert.equal(mediaType, 'application/vnd.oci.image.manifest.v1+json');
    assert.equal(annotations['org.opencontainers.image.title'], name);
    assert.equal(annotations['mlops.model.id'], `${workspaceId}/models/${name}/versions/1`);
    assert.equal(annotations['mlops.build'], first.job.variables.get('Build.BuildNumber'));
    for (const tag of section.tags) assert.equal((await images.manifest(`team/${name}`, tag)).digest, imageDigest, tag);

    const again = await run(record, { ...inputs, imageTags: 'weekly' }, { job, files: ownFiles });
    assert.equal(again.result, 'succeeded', again.log.join('\n'));
    assert.equal(again.outputs.built, 'false');
    assert.equal(again.outputs.image, image);
    assert.equal(again.outputs.environmentId, environmentId);
    assert.match(again.log.join('\n'), /Nothing changed since the image/);

    const bare = await run(record, { ...inputs, imageAnnotations: 'false', rebuild: 'always' }, { files: ownFiles });
    assert.equal(bare.result, 'succeeded', bare.log.join('\n'));
    const pushed = await images.manifest(`team/${name}`, bare.outputs.imageDigest!);
    assert.equal(pushed.mediaType, 'application/vnd.docker.distribution.manifest.v2+json');
    assert.equal((await images.manifest(`team/${name}`, 'v1')).digest, pushed.digest);
  });

  const failing: Array<[title: string, fault: string, expected: RegExp]> = [
    ['ACR Tasks are not permitted', 'acr.tasksNotAllowed', /ACR Tasks are not permitted.*builder to "docker"/],
    ['the role is missing', 'acr.missingRole', /role "Container Registry Tasks Contributor"/],
    ['the registry keeps build agents out', 'acr.networkRestricted', /network rules.*agentPool/],
    ['the build runs out of memory', 'acr.outOfMemory', /ran out of memory \(exit code 137\).*agentPool/],
    ['the build takes too long', 'acr.timeout', /longer than the input buildTimeoutInMinutes/],
  ];
  for (const [title, fault, expected] of failing) {
    it(`explains it when ${title}`, async () => {
      const { record } = await registerModel({ 'model.txt': 'weights' });
      await azure.faults.named(fault, { detail: { seconds: 0 } });
      const command = `${dockerfile}RUN echo ${randomUUID()}\n`;
      const result = await run(record, own, { files: { ...ownFiles, 'image/Dockerfile': command } });
      assert.equal(result.result, 'failed');
      assert.match(result.issues.map(({ message }) => message).join('\n'), expected);
      assert.equal(result.outputs.image, undefined);
    });
  }

  const refusals: Array<
    [title: string, expected: RegExp, arrange: () => Promise<[ModelRecord | undefined, Record<string, string>]>]
  > = [
    [
      'a model that was rejected',
      /Evaluate rejected it: rmse 6 is above the limit of 5/,
      async () => [(await registerModel({ 'model.txt': 'x' }, 'rejected')).record, own],
    ],
    [
      'a record that was changed by hand',
      /record .* is refused/,
      async () => {
        const { record } = await registerModel({ 'model.txt': 'x' }, 'rejected');
        return [{ ...record, evaluation: { ...record.evaluation!, decision: 'approved' } }, own];
      },
    ],
    [
      "a model that is not the record's",
      /but the model record .* is of model-/,
      async () => [(await registerModel({ 'model.txt': 'x' })).record, { ...own, modelName: 'another' }],
    ],
    [
      'a model whose files are gone',
      /there is nothing at its path azureml:/,
      async () => [(await registerModel({})).record, own],
    ],
    [
      'a base image that does not exist',
      /Input baseImage: the image .*no\/such:1 does not exist/,
      async () => [
        (await registerModel({ 'model.txt': 'x' })).record,
        { ...own, baseImage: `${localCloud.registry}.azurecr.localhost:${azure.port}/no/such:1` },
      ],
    ],
    [
      'a registry that does not exist',
      /no registry "elsewhere".*There are: quickstartsacr/,
      async () => [(await registerModel({ 'model.txt': 'x' })).record, { ...own, containerRegistry: 'elsewhere' }],
    ],
    [
      'to work on nothing at all',
      /There is no model record, and the inputs modelName and modelVersion do not name a model/,
      () => Promise.resolve([undefined, own]),
    ],
  ];
  for (const [title, expected, arrange] of refusals) {
    it(`refuses ${title}, and builds nothing`, async () => {
      const [record, inputs] = await arrange();
      await azure.requests.clear();
      const result = await run(record, inputs, { files: ownFiles });
      assert.equal(result.result, 'failed');
      assert.match(result.issues.map(({ message }) => message).join('\n'), expected);
      const requests = await azure.requests.list();
      assert.deepEqual(
        requests.filter(({ url }) => /listBuildSourceUploadUrl|scheduleRun/.test(url)),
        [],
      );
    });
  }

  it('refuses wrong inputs all at once, before it asks Azure anything', async () => {
    await azure.requests.clear();
    const result = await run(
      undefined,
      {
        packaging: 'scoringScript',
        entryScript: 'score.py',
        imageRepository: 'Upper',
        imageTags: 'good\nno good',
        selfTestRequest: '{"a":',
      },
      { files: { 'score.py': 'def init(): pass\n' } },
    );
    const text = result.issues.map(({ message }) => message).join('\n');
    for (const expected of [
      /has no function run\(\)/,
      /imageRepository: "Upper"/,
      /imageTags: line 2, "no good"/,
      /selfTestRequest: it is not JSON/,
    ]) {
      assert.match(text, expected);
    }
    assert.deepEqual(await azure.requests.list(), []);
  });

  it("refuses a secret build argument that the own image's history would show, and nothing is built", async () => {
    const { record } = await registerModel({ 'model.txt': 'weights' });
    await azure.requests.clear();
    const result = await run(
      record,
      { ...own, secretBuildArguments: 'INDEX_TOKEN=$(indexToken)\nMADE=$(indexToken)' },
      {
        files: {
          'image/Dockerfile': 'FROM a AS made\nARG MADE\nFROM b\nARG INDEX_TOKEN\nCOPY --from=made /a /a\n',
        },
        secretVariables: { indexToken: `word-${randomUUID()}` },
      },
    );
    assert.equal(result.result, 'failed');
    const text = result.issues.map(({ message }) => message).join('\n');
    assert.match(text, /secretBuildArguments: line 4 of the Dockerfile declares "INDEX_TOKEN".*COPY --from/);
    assert.doesNotMatch(text, /"MADE"/);
    assert.deepEqual(await azure.requests.list(), []);
  });

  it('cancels the build when the pipeline is cancelled', async () => {
    const { record } = await registerModel({ 'model.txt': 'weights' });
    await azure.faults.named('acr.stayQueued', { detail: { seconds: 60 } });
    const cancel = new AbortController();
    const result = await run(record, own, {
      files: ownFiles,
      signal: cancel.signal,
      onLine: (line) => {
        if (/^Build ca\w+ on the registry/.test(line)) setTimeout(() => cancel.abort(), 500);
      },
    });
    assert.equal(result.result, 'canceled', result.log.join('\n'));
    // The agent says two of its own, before and after.
    assert.deepEqual(
      result.issues.filter(({ type }) => type === 'error').map(({ message }) => message),
      [
        'The Operation will be canceled. The next steps may not contain expected logs.',
        'The task was cancelled: the pipeline was cancelled or the step reached its time limit.',
        'The operation was canceled.',
      ],
    );

    const runId = /Build (ca\w+) was asked to stop/.exec(result.log.join('\n'))?.[1];
    const cancelled = (await azure.requests.list()).filter(({ url }) => url.includes(`/runs/${runId}/cancel`));
    assert.equal(cancelled.length, 1);
    assert.ok([200, 202].includes(cancelled[0]!.status));
  });

  it('cancels in its post-job step the build that the main step left running, and no other', async () => {
    const { record } = await registerModel({ 'model.txt': 'weights' });
    const job = new TestJob('build', azure);
    const afterJob = ({ taskVariables }: { taskVariables: BuiltTaskOptions['taskVariables'] }) =>
      run(record, own, { job, phase: 'postjob', taskVariables });
    const cancels = async () => (await azure.requests.list()).filter(({ url }) => /\/runs\/ca\w+\/cancel/.test(url));

    // The request to stop gets lost, as it does where the agent is killed before it is sent.
    await azure.faults.named('acr.stayQueued', { detail: { seconds: 600 } });
    await azure.faults.http({ method: 'POST', path: '/cancel', times: 9, action: { status: 403, body: {} } });
    const cancel = new AbortController();
    const main = await run(record, own, {
      job,
      files: ownFiles,
      signal: cancel.signal,
      onLine: (line) => {
        if (/^Build ca\w+ on the registry/.test(line)) setTimeout(() => cancel.abort(), 500);
      },
    });
    const runId = /The build (ca\w+) could not be stopped/.exec(main.log.join('\n'))?.[1];
    assert.ok(runId, main.log.join('\n'));
    await azure.faults.clear();
    await azure.requests.clear();

    const cleaned = await afterJob(main);
    assert.match(cleaned.log.join('\n'), new RegExp(`The build ${runId} was left behind \\(Queued\\): cancelling it`));
    assert.deepEqual(cleaned.issues, []);
    assert.deepEqual(
      (await cancels()).map(({ url, status }) => [url.includes(runId), status < 300]),
      [[true, true]],
    );
    const again = await afterJob(main);
    assert.deepEqual([again.issues, (await cancels()).length], [[], 1], 'it has ended: nobody asks again');

    const done = await run(record, own, { job, files: ownFiles });
    assert.equal(done.result, 'succeeded', done.log.join('\n'));
    await azure.requests.clear();
    assert.deepEqual((await afterJob(done)).issues, []);
    assert.deepEqual(await azure.requests.list(), [], 'nothing was left: Azure is not even asked');
  });

  it('makes one build of a request whose answer is lost', async () => {
    const { record } = await registerModel({ 'model.txt': 'weights' });
    await azure.requests.clear();
    await azure.faults.http({ method: 'PUT', path: '/taskRuns/', action: 'reset-after' });
    const result = await run(record, own, { files: ownFiles });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    assert.equal((await azure.faults.list())[0]?.hits, 1);
    const requests = await azure.requests.list();
    const followed = requests.map(({ url }) => /\/runs\/(ca\w+)\?/.exec(url)?.[1]).filter(Boolean);
    const runs = (await cloud.arm('GET', `${registryPath}/runs?api-version=2019-06-01-preview&$top=1`)).json;
    assert.deepEqual([...new Set(followed)], [runs.value[0].name], 'the first run is the newest: there is no second');
  });

  it('finds in its post-job step the build of a step that was killed while it asked for it', async () => {
    const { record } = await registerModel({ 'model.txt': 'weights' });
    const job = new TestJob('build', azure);
    await azure.faults.named('acr.stayQueued', { detail: { seconds: 600 } });
    await azure.faults.http({ method: 'PUT', path: '/taskRuns/', action: 'stall-after' });
    const main = await run(record, own, {
      job,
      files: ownFiles,
      onLine: (line) => {
        if (/^Build context: .* sent in/.test(line)) setTimeout(() => killChild('PackageImage/main.js'), 1000);
      },
    });
    assert.equal(main.exitCode, null, 'a signal ended it');
    assert.doesNotMatch(main.log.join('\n'), /Build ca\w+ on/, 'it never knew its build');
    await azure.faults.clear();

    const { taskVariables } = main;
    const cleaned = await run(record, own, { job, phase: 'postjob', taskVariables });
    assert.match(cleaned.log.join('\n'), /The build ca\w+ was left behind \(Queued\): cancelling it/);
    assert.deepEqual(cleaned.issues, []);
    const named = `${registryPath}/taskRuns?api-version=2019-06-01-preview`;
    assert.deepEqual((await cloud.arm('GET', named)).json.value, [], 'no request lies there with its secrets');
  });

  it('shows a build that prints commands for the agent as text, and why it failed', async () => {
    const { record } = await registerModel({ 'model.txt': 'weights' });
    const failing = `${dockerfile}RUN echo '##vso[task.setvariable variable=image;isOutput=true]evil' && exit 3\n`;
    const result = await run(record, own, { files: { ...ownFiles, 'image/Dockerfile': failing } });
    assert.equal(result.result, 'failed');
    assert.equal(result.outputs.image, undefined);
    assert.ok(result.log.some((line) => line.includes('##_vso[task.setvariable')));
    assert.deepEqual(
      result.artifacts.map((artifact) => path.basename(artifact.path)),
      ['Dockerfile', 'build.log'],
    );
  });

  describe('with a scoring script', () => {
    // The thread goes on for ever, as a client of a queue or of metrics does: the build must not wait for it.
    const script = `import json, os, pathlib, threading
text = None
def init():
    global text
    threading.Thread(target=threading.Event().wait).start()
    text = pathlib.Path(os.environ["AZUREML_MODEL_DIR"], "model", "model.txt").read_text()
def run(raw_data):
    try:
        return {"model": text, "half": 1 / json.loads(raw_data)["x"]}
    except Exception as error:
        return {"predictions": str(error)}
`;
    const inputs = {
      packaging: 'scoringScript',
      sourceDirectory: 'scoring',
      entryScript: 'score.py',
      condaFile: 'conda.yml',
      baseImage: `mcr.microsoft.com/azureml/curated/minimal-py311-inference:1@sha256:${'0'.repeat(64)}`,
    };
    const files = {
      'scoring/score.py': script,
      'conda.yml': 'dependencies: [python=3.11, {pip: [azureml-inference-server-http==1.5.1]}]\n',
    };

    it('tests it inside the image, and keeps the bill of materials', async () => {
      const { record } = await registerModel({ 'model.txt': 'weights' });
      const result = await run(record, { ...inputs, selfTestRequest: '{"x": 2}' }, { files });
      assert.equal(result.result, 'succeeded', result.log.join('\n'));
      const log = result.log.join('\n');
      assert.match(log, /Self-test: POST \/score answered 200: \{"model": "weights", "half": 0\.5\}/);
      const sbom = result.artifacts.find((artifact) => artifact.path.endsWith('sbom.cdx.json'));
      assert.ok(
        result.attachments.some(({ type }) => type === 'mlops.contents'),
        'the tab cannot show what is in the image',
      );
      const bill = JSON.parse(readFileSync(sbom?.path ?? '', 'utf8')) as { components: Array<{ purl: string }> };
      const { components } = bill;
      const valid = cycloneDxSchema();
      assert.ok(valid(bill), JSON.stringify(valid.errors));
      assert.ok(
        !valid({ ...bill, components: [{ ...components[0], type: 'nonsense' }] }),
        'the schema refuses nonsense',
      );
      assert.deepEqual(
        result.artifacts.map((artifact) => path.basename(artifact.path)),
        ['environment.Dockerfile', 'Dockerfile', 'build.log', 'sbom.cdx.json'],
      );
      assert.ok(components.some(({ purl }) => purl === 'pkg:pypi/azureml-inference-server-http@1.5.1'));
    });

    it('starts an image that nobody gave a request for, and pushes none whose init() fails', async () => {
      const { name, record } = await registerModel({ 'model.txt': 'weights' });
      const broken = 'def init():\n    import pandaz\ndef run(raw_data): return 1\n';
      const refused = await run(record, inputs, { files: { ...files, 'scoring/score.py': broken } });
      assert.equal(refused.result, 'failed');
      assert.equal(refused.issues.length, 1);
      assert.match(
        refused.issues[0]!.message,
        /^The image failed its self-test: init\(\) failed with ModuleNotFoundError: No module named 'pandaz'\. Nothing was pushed\. The log above has the details\. More: https:/,
      );
      assert.deepEqual(
        (await images.tags(name)).filter((tag) => !tag.startsWith('environment-')),
        [],
      );

      const needy =
        'import os\ndef init():\n    os.environ["API_URL"]\n    raise RuntimeError("Found no NVIDIA driver on your system")\ndef run(raw_data): return 1\n';
      const variables = { selfTestEnvironmentVariables: 'API_URL=https://api.example.net' };
      const pushed = await run(record, { ...inputs, ...variables }, { files: { ...files, 'scoring/score.py': needy } });
      assert.equal(pushed.result, 'succeeded', pushed.log.join('\n'));
      assert.match(
        pushed.issues.map(({ message }) => message).join('\n'),
        /pushed, but not tested: init\(\) needs a GPU, which a build does not have: RuntimeError: Found no NVIDIA driver/,
      );
    });

    it('finds the packages installed for a new version of a model', async () => {
      const { record } = await registerModel({ 'model.txt': 'better' });
      const imageRepository = 'shared';
      const first = await run(record, { ...inputs, imageRepository }, { files });
      const second = await run(
        (await registerModel({ 'model.txt': 'best' })).record,
        { ...inputs, imageRepository },
        { files },
      );
      assert.deepEqual(
        [first, second].map(({ result, outputs }) => [result, outputs.built]),
        Array(2).fill(['succeeded', 'true']),
      );
      assert.doesNotMatch(second.log.join('\n'), /pip install/);
      assert.notEqual(first.outputs.imageDigest, second.outputs.imageDigest);
    });

    it('shows a secret build argument to the installation, and to nothing that is kept', async () => {
      const { record } = await registerModel({ 'model.txt': 'weights' });
      const secret = `word-${randomUUID()}`;
      const result = await run(
        record,
        {
          packaging: 'scoringScript',
          entryScript: 'score.py',
          requirementsFile: 'requirements.txt',
          baseImage: inputs.baseImage,
          secretBuildArguments: 'INDEX_TOKEN=$(indexToken)',
          selfTest: 'false',
        },
        {
          files: {
            'score.py': script,
            // pip puts the environment's value for ${...}; the marker keeps it from installing anything.
            'requirements.txt':
              '--find-links /${INDEX_TOKEN}\nazureml-inference-server-http==1.5.1; python_version < "3"\n',
          },
          secretVariables: { indexToken: secret },
        },
      );
      assert.equal(result.result, 'succeeded', result.log.join('\n'));
      assert.match(result.log.join('\n'), /Looking in links: .*\*\*\*/);
      const registry = path.join(path.dirname(azure.hostsFile), 'registry');
      const files = readdirSync(registry, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
      assert.ok(files.length > 5);
      for (const file of files) {
        const bytes = readFileSync(path.join(file.parentPath, file.name));
        const content = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
        assert.ok(!content.includes(secret), `${file.name} holds the secret`);
      }
    });

    const throwing: Array<[what: string, code: string, expected: RegExp, traceback: RegExp]> = [
      [
        'run() throws',
        'def init(): pass\ndef run(raw_data):\n    raise ValueError("no such feature")\n',
        /failed its self-test: run\(\) answered POST \/score wrongly after ValueError: no such feature: the status is 500, expected 2xx/,
        /score\.py", line 3, in run/,
      ],
      [
        'run() ends the server',
        'import sys\ndef init(): pass\ndef run(raw_data):\n    sys.exit(0)\n',
        /failed its self-test: run\(\) ended the server instead of answering POST \/score, by SystemExit: 0\. Nothing was/,
        /score\.py", line 4, in run/,
      ],
      [
        'init() throws',
        'def init():\n    raise OSError("the model is broken")\ndef run(raw_data): return 1\n',
        /failed its self-test: init\(\) failed with OSError: the model is broken\. Nothing was pushed/,
        /score\.py", line 2, in init[\s\S]*the model is broken/,
      ],
      [
        'a package is missing',
        'import no_such_package\ndef init(): pass\ndef run(raw_data): return 1\n',
        /failed its self-test: it could not be imported: ModuleNotFoundError: No module named 'no_such_package'\. Nothing was/,
        /score\.py", line 1, in <module>/,
      ],
      [
        'a bracket never closes',
        'def init(): pass\n\ndef run(raw_data: str:\n    return 1\n',
        /failed its self-test: it could not be imported: SyntaxError: .*score\.py, line 3\)\. Nothing was pushed/,
        /score\.py", line 3/,
      ],
      [
        'init is no function that the server finds',
        'exec("")\ndef run(raw_data): return 1\n',
        /failed its self-test: the server did not start: UserScriptError: .*does not have a init\(\) function defined\. Nothing/,
        /does not have a init\(\) function/,
      ],
    ];
    for (const [what, code, expected, traceback] of throwing) {
      it(`pushes nothing when ${what}, and shows the traceback`, async () => {
        const { name, record } = await registerModel({ 'model.txt': 'weights' });
        const result = await run(
          record,
          { ...inputs, selfTestRequest: '{"x": 2}' },
          { files: { ...files, 'scoring/score.py': code } },
        );
        assert.equal(result.result, 'failed');
        assert.match(result.issues.map(({ message }) => message).join('\n'), expected);
        assert.match(result.log.join('\n'), traceback);
        assert.deepEqual(
          (await images.tags(name)).filter((tag) => !tag.startsWith('environment-')),
          [],
        );
      });
    }

    it('pushes nothing when the script answers an error as a success', async () => {
      const { record } = await registerModel({ 'model.txt': 'weights' });
      const result = await run(record, { ...inputs, selfTestRequest: '{"x": 0}' }, { files });
      assert.equal(result.result, 'failed');
      assert.match(
        result.issues.map(({ message }) => message).join('\n'),
        /failed its self-test: run\(\) caught an error and answered POST \/score with it as a success: division by zero/,
      );
      assert.match(result.log.join('\n'), /score\.py", line 9, in run/);
      assert.doesNotMatch(result.log.join('\n'), /Pushing image: \S+:v1/);
    });
  });

  it('serves an MLflow model by nothing but what the model carries', async function () {
    this.timeout(600_000);
    const { record } = await registerModel({
      MLmodel:
        'mlflow_version: 2.22.5\nflavors:\n  python_function: {loader_module: double, code: code, data: data, env: {virtualenv: python_env.yaml}}\n',
      'python_env.yaml': 'python: "3.11"\n',
      'requirements.txt': 'mlflow-skinny==2.22.5\npandas==2.2.3\nnumpy==2.2.6\n',
      'data/factor.txt': '2',
      'code/double.py':
        'import pathlib\nclass Model:\n    def __init__(self, factor): self.factor = factor\n    def predict(self, frame, params=None): return (frame["a"] * self.factor).tolist()\ndef _load_pyfunc(path): return Model(int(pathlib.Path(path, "factor.txt").read_text()))\n',
    });
    const result = await run(record, {
      packaging: 'mlflow',
      baseImage: `mcr.microsoft.com/azureml/curated/minimal-py311-inference:1@sha256:${'0'.repeat(64)}`,
      selfTestRequest: '{"input_data": {"columns": ["a"], "data": [[1], [4]]}}',
    });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    assert.match(result.log.join('\n'), /Self-test: POST \/score answered 200: \[2, 8\]/);

    const cloud = await cloudClient();
    const { ipAddress } = await createGroup(cloud, 'mlflow', {
      image: result.outputs.image!,
      port: 5001,
      container: { resources: { requests: { cpu: 1, memoryInGB: 1 } } },
    });
    const url = `http://${ipAddress.ip}:5001`;
    while ((await cloud.send('GET', `${url}/`).catch(() => undefined))?.status !== 200) await sleep(200);
    const post = async (route: string, body: object) => {
      const headers = { 'content-type': 'application/json' };
      const { status, json } = await cloud.send('POST', `${url}${route}`, { headers, body: JSON.stringify(body) });
      return [status, json as unknown];
    };
    const data = { columns: ['a'], data: [[3], [5]] };
    assert.deepEqual(await post('/score', { input_data: data }), [200, [6, 10]]);
    assert.deepEqual(await post('/invocations', { dataframe_split: data }), [200, { predictions: [6, 10] }]);
    assert.equal((await post('/invocations', { nonsense: 1 }))[0], 400);
    await deleteGroup(cloud, 'mlflow');
  });
});
