import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import sinon from 'sinon';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import { readRecord } from '../../../tasks/common/record/recordFile';
import type { BuildOrder } from '../../../tasks/PackageImage/build/imageBuilder';
import { packageModel } from '../../../tasks/PackageImage/packageImage';

type Arguments = Parameters<typeof packageModel>;
const digest = `sha256:${'d'.repeat(64)}`;

describe('packaging a model, with its services handed in', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'package-model-'));
    mkdirSync(path.join(directory, 'source'));
    writeFileSync(path.join(directory, 'source', 'Dockerfile'), 'FROM x\nENV PORT=8080\nEXPOSE $PORT\n');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function arrange(known: string | undefined, more: object = {}) {
    const workspace = { subscriptionId: 's', resourceGroup: 'g', name: 'w' };
    const model = { name: 'Cost Estimator', version: '3', id: '/m/3', type: 'custom_model', uri: 'azureml://x' };
    const record = append(emptyRecord(), 'model', { ...model, workspace });
    const build = sinon.stub().callsFake((_order: BuildOrder, print: (lines: string) => void) => {
      print('SELF-TEST PASSED: the server started.\n');
      return Promise.resolve({ digest, isFollowed: false });
    });
    const services = {
      models: { get: sinon.stub().resolves(model), tag: sinon.stub().resolves() },
      registry: {
        id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/acr',
        name: 'acr',
        loginServer: 'acr.example.net',
      },
      contents: {
        digest: sinon.stub().resolves(known),
        tag: sinon.stub().resolves(),
        manifest: sinon.stub().resolves({ annotations: {} }),
      },
      modelFiles: sinon.stub().resolves([]),
      pinBaseImage: sinon.stub(),
      builder: sinon.stub().resolves({ build }),
      registerEnvironment: sinon.stub().resolves('/e/1'),
    };
    const publish = { summary: sinon.stub(), artifact: sinon.stub() };
    const log = { info: sinon.stub(), warning: sinon.stub(), group: sinon.stub(), endGroup: sinon.stub() };
    const context = {
      log,
      publish,
      signal: new AbortController().signal,
      clock: { now: () => 0, sleep: () => Promise.resolve() },
      pipeline: { directories: { temp: directory }, build: { number: '20260101.1' } },
    };
    const recordFile = path.join(directory, 'mlops-record.json');
    const subject = { recordFile, record, modelName: model.name, modelVersion: '3', workspace, approved: true };
    const source = path.join(directory, 'source');
    const inputs = {
      ...{ packaging: 'dockerfile', dockerfile: path.join(source, 'Dockerfile'), sourceDirectory: source },
      ...{ baseImage: '', imageTags: ['nightly'], secretBuildArguments: {}, selfTestEnvironmentVariables: {} },
      ...{ selfTest: true, selfTestTolerance: { absolute: 0, relative: 0 }, imageAnnotations: false },
      ...{ registerEnvironment: true, rebuild: 'whenChanged', connection: { subscriptionId: 's' }, ...more },
    };
    const run = () => packageModel(...([services, inputs, subject, context] as unknown as Arguments));
    return { run, services, subject, build, publish, log, recordFile };
  }

  it('builds what is not there, and hands its digest on', async () => {
    const { run, services, build, publish, recordFile } = arrange(undefined);
    const { outputs } = await run();
    const image = `acr.example.net/cost-estimator@${digest}`;
    assert.deepEqual(outputs, { image, imageDigest: digest, environmentId: '/e/1', built: 'true' });
    const order = build.firstCall.args[0] as BuildOrder;
    assert.deepEqual(order.tags.slice(0, -1), ['v3', '20260101.1', 'nightly']);
    const { image: section } = await readRecord(recordFile);
    assert.equal(section?.reference, image);
    assert.equal(section?.port, 8080);
    sinon.assert.calledOnce(services.models.tag);
    const { readinessPath, scoringPath, cases } = order.serverTest!;
    assert.deepEqual([order.serverTest!.port, readinessPath, scoringPath, cases], [8080, '/', '/score', []]);
    assert.match(publish.summary.firstCall.args[1] as string, /Self-test \| passed: `the server started\.`/);
    assert.deepEqual(section?.selfTest, { outcome: 'passed', text: 'the server started.', build: '20260101.1' });
  });

  it('keeps what the model carries until its image is built, and removes it however the step ends', async () => {
    const texts: Record<string, string> = {
      MLmodel: 'flavors: {python_function: {env: {conda: conda.yaml}}}',
      'conda.yaml': 'dependencies: [python=3.11, {pip: [own-1.0-py3-none-any.whl]}]',
      'own-1.0-py3-none-any.whl': 'wheel',
    };
    const files = Object.entries(texts).map(([name, text]) => ({
      path: name,
      open: async () => ({ size: text.length, stream: Readable.from([Buffer.from(text)]) }),
    }));
    const { run, services, build } = arrange(undefined, { packaging: 'mlflow', environmentVariables: {} });
    services.modelFiles.resolves(files);
    const carried = () =>
      readdirSync(directory, { recursive: true })
        .map(String)
        .filter((file) => file.endsWith('.whl'));
    let during: string[] = [];
    build.callsFake(async () => {
      during = carried();
      throw new Error('The build failed.');
    });
    await assert.rejects(run(), /The build failed/);
    assert.deepEqual([during.length, carried()], [1, []]);
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.startsWith('model-packages-')),
      [],
    );
  });

  it('warns of a model that no record approves', async () => {
    for (const approved of [true, false]) {
      const { run, log, subject } = arrange(undefined);
      Object.assign(subject, { approved });
      await run();
      const said = log.warning.args.map(([text]) => text as string);
      const expected =
        'No record approves the model Cost Estimator version 3; it is packaged because the inputs name it.';
      assert.deepEqual(said, approved ? [] : [expected]);
    }
  });

  it('tells a test that was not made, and believes no line that an image pushed after a failed one', async () => {
    for (const [line, outcome, warning] of [
      ['SELF-TEST NOT TESTED: it needs a GPU.', 'notTested', 'The image is pushed, but not tested: it needs a GPU.'],
      ['SELF-TEST FAILED: forged.', 'unknown', undefined],
      ['nothing of a test', 'unknown', undefined],
    ] as const) {
      const { run, build, log, recordFile } = arrange(undefined);
      build.callsFake((_order: BuildOrder, print: (lines: string) => void) => {
        print(`${line}\n`);
        return Promise.resolve({ digest, isFollowed: false });
      });
      await run();
      assert.equal((await readRecord(recordFile)).image?.selfTest?.outcome, outcome);
      assert.deepEqual(
        log.warning.args.map(([text]) => text as string),
        warning ? [warning] : [],
      );
      rmSync(recordFile);
    }
  });

  it('uses an image of the same content again, and adds the tags that it lacks', async () => {
    const { run, services, build, recordFile } = arrange(digest);
    services.contents.digest.callsFake((_repository: string, tag: string) =>
      Promise.resolve(tag === 'nightly' ? undefined : digest),
    );
    const annotations = { 'mlops.selftest': 'notTested', 'mlops.selftest.text': 'needs a GPU.', 'mlops.build': '7' };
    services.contents.manifest.resolves({ annotations });
    assert.equal((await run()).outputs.built, 'false');
    const { image: section } = await readRecord(recordFile);
    assert.deepEqual(section?.selfTest, { outcome: 'notTested', text: 'needs a GPU.', build: '7' });
    sinon.assert.notCalled(build);
    assert.deepEqual(
      services.contents.tag.args.map(([, , tag]) => tag as string),
      ['nightly'],
    );
  });

  it('adds the tags that the build of another run, which it followed, has not pushed', async () => {
    const { run, services, build } = arrange(undefined);
    build.callsFake(() => Promise.resolve({ digest, isFollowed: true }));
    assert.equal((await run()).outputs.built, 'true');
    assert.equal(services.contents.tag.callCount, 4);
  });

  it('says in summary and log that a test is switched off', async () => {
    const { run, publish, log, build } = arrange(undefined, { selfTest: false });
    await run();
    assert.equal((build.firstCall.args[0] as BuildOrder).serverTest, undefined);
    assert.match(publish.summary.firstCall.args[1] as string, /Self-test \| none: the input selfTest is off/);
    assert.ok(log.warning.args.flat().some((each) => /not tested before it is pushed/.test(String(each))));
  });
});
