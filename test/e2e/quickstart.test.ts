import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { addressOf } from '../../local/addresses';
import type { RunRecord } from '../../local/agent/run/runRecord';
import { connectLocalAzure } from '../../local/azure/connection/localAzure';
import { processStartTime } from '../../local/azure/processes/processRecords';
import type { ModelRecord } from '../../tasks/common/record/record';
import { AzureCli } from '../support/azureCli';
import { specificationsDirectory, validateTraffic } from '../contract/validateTraffic';
import { runCommand, startCommand, startProgram, type CommandResult, type RunningCommand } from '../support/commands';

const root = path.join(__dirname, '..', '..');
const directory = mkdtempSync(path.join(os.tmpdir(), 'mlops-quickstart-'));
const state = path.join(directory, 'azure');
const cache = path.join(root, '.local', 'cache');
const places = ['--directory', directory, '--cache', cache];

/** What a run left in its folder. */
class RunFolder {
  readonly folder: string;

  constructor(readonly id: number) {
    this.folder = path.join(directory, 'runs', String(id));
  }

  text(...parts: string[]): string {
    return readFileSync(path.join(this.folder, ...parts), 'utf8');
  }

  json<T>(...parts: string[]): T {
    return JSON.parse(this.text(...parts)) as T;
  }

  get record(): ModelRecord {
    return this.json('mlops-record.json');
  }

  get run(): RunRecord {
    return this.json('run.json');
  }

  get files(): string[] {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      statSync(path.join(this.folder, file)).isFile(),
    );
  }

  /** Results of the steps by their names. */
  get results(): Record<string, string | undefined> {
    const steps = this.run.stages.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
    return Object.fromEntries(steps.map(({ displayName, result }) => [displayName, result]));
  }
}

function quickstart(...args: string[]): Promise<CommandResult> {
  return runCommand('local/quickstart.ts', [...places, ...args]);
}

/** Calls the endpoint of a run with one of the requests that training wrote down, and gives its answer. */
async function callEndpoint(run: RunFolder): Promise<{ answer: unknown; expected: unknown }> {
  const { scoringUri } = run.record.deployment!;
  const url = new URL(scoringUri);
  const address = addressOf(path.join(state, 'hosts'), url.hostname);
  assert.ok(address, `${url.hostname} is in no zone`);
  const [golden] = run.json<Array<{ request: unknown; expected: unknown }>>(
    'artifacts',
    'mlops',
    'golden_requests.json',
  );
  const response = await fetch(`http://${address}:${url.port}${url.pathname}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(golden!.request),
  });
  assert.equal(response.status, 200);
  return { answer: await response.json(), expected: golden!.expected };
}

/** The secrets of the local cloud must stand in no file of a run. */
function assertNoSecrets(run: RunFolder): void {
  const credentials = JSON.parse(readFileSync(path.join(state, 'credentials.json'), 'utf8')) as Record<string, unknown>;
  const secrets = Object.values(credentials)
    .filter((value) => typeof value === 'string')
    .flatMap((value) => value.split('\n'))
    .filter((line) => line.length > 20 && !line.startsWith('-----'));
  assert.ok(secrets.length > 0);
  for (const file of run.files) {
    const text = run.text(file);
    assert.ok(!secrets.some((secret) => text.includes(secret)), `${file} holds a secret`);
  }
}

describe('the quickstart', function () {
  // The first run of a machine makes Python environments.
  this.timeout(20 * 60_000);

  let cloud: RunningCommand | undefined;
  const traffic = path.join(directory, 'traffic.jsonl');

  after(async () => {
    cloud?.kill('SIGTERM');
    await cloud?.ended;
    rmSync(directory, { recursive: true, force: true });
  });

  it('trains, approves, packages, deploys and tests a first model, and leaves nothing running', async () => {
    const { code, output } = await quickstart();
    assert.equal(code, 0, output);
    const run = new RunFolder(1);
    assert.equal(realpathSync(path.join(directory, 'runs', 'latest')), realpathSync(run.folder));

    const { model, evaluation, image, deployment, tests } = run.record;
    assert.deepEqual([model?.version, evaluation?.decision, evaluation?.champion], ['1', 'approved', null]);
    assert.match(image!.digest, /^sha256:[0-9a-f]{64}$/);
    assert.ok(deployment!.image.endsWith(`@${image!.digest}`));
    assert.ok(tests!.passed && tests!.total > 0);

    for (const file of [
      'artifacts/mlops/mlops-record.json',
      'artifacts/mlops/eval_info.json',
      'artifacts/mlops-release/mlops-record.json',
      'artifacts/mlops-release/aci_webservice.json',
      'artifacts/mlops-release/test_results.json',
    ]) {
      assert.ok(existsSync(path.join(run.folder, file)), `${file} is missing`);
    }
    const evaluationInfo = run.json<Record<string, unknown>>('artifacts/mlops/eval_info.json');
    assert.deepEqual([evaluationInfo.deploy_model, evaluationInfo.model_version], [true, '1']);
    assert.ok(readdirSync(path.join(run.folder, 'test-results')).some((file) => file.endsWith('.xml')));
    assert.ok(readdirSync(path.join(run.folder, 'summaries')).length > 0);

    for (const text of [model!.name, 'approved', image!.digest, deployment!.scoringUri]) {
      assert.ok(output.includes(text), `the report lacks ${text}`);
      assert.ok(run.text('index.html').includes(text), `the page lacks ${text}`);
    }
    assert.match(output, /curl .* -d '\{ ?"data":/);
    assert.match(output, /npm run local -- up/);
    assertNoSecrets(run);
    assert.equal(connectLocalAzure(state), undefined);
  });

  it('keeps the endpoint when the local cloud is up', async () => {
    const up = await runCommand('local/cli.ts', ['up', ...places]);
    assert.equal(up.code, 0, up.output);
    try {
      const { answer, expected } = await callEndpoint(new RunFolder(1));
      assert.deepEqual(answer, expected);
    } finally {
      const pid = (JSON.parse(readFileSync(path.join(state, 'azure.json'), 'utf8')) as { pid: number }).pid;
      const down = await runCommand('local/cli.ts', ['down', ...places]);
      assert.equal(down.code, 0, down.output);
      assert.equal(processStartTime(pid), undefined);
    }
  });

  it('compares the second model with the first, and reuses what has not changed', async () => {
    const recording = ['--record-traffic-to', traffic];
    cloud = startCommand('local/azure/main.ts', ['--state', state, '--cache', cache, '--port', '0', ...recording]);
    await cloud.printed('Local Azure answers');
    // From here on the connection may do what the set-up script's roles allow, and nothing else.
    const az = await AzureCli.start();
    const setup = await az.setup('--yes', '--pull-identity', 'quick-starts-identity', '--prices');
    az.close();
    assert.equal(setup.code, 0, setup.output);
    await connectLocalAzure(state)!.roles.limitTo(az.rolesOf('mlops-connection'));
    const { code, output } = await quickstart();
    assert.equal(code, 0, output);
    const [first, second] = [new RunFolder(1).record, new RunFolder(2).record];
    assert.deepEqual(second.evaluation?.champion && { ...second.evaluation.champion }, {
      name: first.model!.name,
      version: '1',
    });
    assert.deepEqual([second.model?.version, second.evaluation?.decision], ['2', 'approved']);
    const comparison = second.evaluation!.criteria.find(({ champion }) => champion !== null);
    assert.ok(comparison?.passed, 'no criterion compares with the champion');
    assert.ok(second.training?.cost?.amount !== undefined, 'the price list could not be read');
    assert.equal(second.training?.environment, first.training?.environment);
    assert.equal(second.training?.codeHash, first.training?.codeHash);
    assert.equal(second.deployment?.previousImage, first.deployment?.image);
  });

  it('stops at a rejected model: not green, no image, nothing deployed, and says why', async () => {
    const { code, output } = await quickstart('--set', 'metricThreshold=0.01');
    assert.equal(code, 1, output);
    const run = new RunFolder(3);
    const { evaluation, image, deployment } = run.record;
    assert.deepEqual([evaluation?.decision, image, deployment], ['rejected', undefined, undefined]);
    assert.match(evaluation!.reason, /rmse/);
    const failed = evaluation!.criteria.find(({ passed }) => !passed)!;
    assert.deepEqual([failed.metric, failed.limit], ['rmse', 0.01]);
    for (const value of ['rmse', '0.01', String(Math.floor(Number(failed.candidate)))]) {
      assert.ok(evaluation!.reason.includes(value), `the reason lacks ${value}`);
      assert.ok(output.includes(value), `the report lacks ${value}`);
    }
    assert.deepEqual([run.results['Package image'], run.results.Evaluate], ['skipped', 'failed']);
    assert.deepEqual(
      run.run.stages.map(({ result }) => result),
      ['failed', 'skipped'],
    );
    assert.ok(run.text('index.html').includes('rejected'));
    assertNoSecrets(run);

    const { answer, expected } = await callEndpoint(new RunFolder(2));
    assert.deepEqual(answer, expected, 'the model that was deployed before serves no longer');
    assert.deepEqual(
      run.run.artifacts.map(({ name }) => name),
      ['mlops-failed-1'],
    );
  });

  it('ends green when the failed jobs of that run are rerun and nothing stands against the model', async () => {
    const earlier = new RunFolder(3).record;
    const { code, output } = await runCommand('local/cli.ts', ['rerun', ...places, '--set', 'metricThreshold=600']);
    assert.equal(code, 0, output);
    const run = new RunFolder(3);
    assert.equal(run.record.training?.jobName, earlier.training?.jobName, 'it trained again');
    assert.equal(run.record.model?.version, earlier.model?.version);
    const names = run.run.artifacts.map(({ name }) => name);
    for (const name of ['mlops-failed-1', 'mlops', 'mlops-release']) assert.ok(names.includes(name), names.join(', '));
  });

  it('is a classic build and a classic release too, made of the templates of the extension', async () => {
    const repository = path.join(directory, 'classic');
    for (const name of ['training', 'scoring']) {
      cpSync(path.join(root, 'examples', 'quickstart', name), path.join(repository, name), { recursive: true });
    }
    const program = [process.execPath, path.join(root, 'scripts', 'run.mjs'), 'local/cli.ts', 'run', '--classic'];
    const built = await startProgram([...program, 'build', ...places], {}, repository).ended;
    assert.equal(built.code, 0, built.output);
    const [build, release] = [new RunFolder(4), new RunFolder(5)];
    assert.deepEqual([build.run.hostType, build.record.evaluation?.decision], ['build', 'approved']);

    const released = await startProgram([...program, 'release', ...places], {}, repository).ended;
    assert.equal(released.code, 0, released.output);
    assert.equal(release.run.hostType, 'release');
    assert.deepEqual(Object.keys(release.results).slice(0, 3), [
      'Download artifacts',
      'Deploy to Container Instances',
      'Test the endpoint',
    ]);
    const { image, deployment, tests } = release.record;
    assert.equal(image!.digest, build.record.image!.digest);
    assert.ok(deployment!.image.endsWith(`@${image!.digest}`) && tests!.passed);
  });

  it('follows the official specifications in every exchange with the resource manager', async function () {
    const specifications = specificationsDirectory();
    if (!specifications) return this.skip();
    const { checked, violations } = await validateTraffic(traffic, specifications);
    assert.ok(Object.keys(checked).length > 10, `only ${Object.keys(checked).join(', ')} were checked`);
    assert.deepEqual(violations, []);
  });
});
