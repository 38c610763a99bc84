import assert from 'node:assert/strict';
import type { LocalAzure } from '../../../local/azure';
import type { CloudClient } from '../../local/containers/cloudClient';
import { TestJob } from '../../support/agent';
import { killChild } from '../../support/killChild';
import { buildScoringImage, type DeployableImage } from './deployableImages';
import { deployStage } from './deployStage';

describe('MLOpsDeployACI, broken off', function () {
  this.timeout(300_000);
  const stage = deployStage();
  const { run, score, find, changes } = stage;
  let azure: LocalAzure;
  let cloud: CloudClient;
  let one: DeployableImage;
  let two: DeployableImage;
  let sick: DeployableImage;
  let group: string;
  before(async () => {
    ({ azure, cloud, one } = stage);
    two = await buildScoringImage(cloud, 'two');
    sick = await buildScoringImage(cloud, 'sick', 'CRASH=3');
  });
  beforeEach(() => (group = stage.group));

  it('undoes a cancelled deployment', async () => {
    const controller = new AbortController();
    const job = new TestJob('build', azure);
    const result = await run(
      one,
      { environmentVariables: 'SLEEP=30' },
      {
        job,
        signal: controller.signal,
        onLine: (line) => /scoring: Running/.test(line) && controller.abort(),
      },
    );
    assert.equal(result.result, 'canceled');
    // By then a later step may have removed what an input names.
    const gone = { recordFile: 'record/cleaned-up.json' };
    const after = await run(one, gone, { job, phase: 'postjob', taskVariables: result.taskVariables });
    assert.equal(after.result, 'succeeded', after.log.join('\n'));
    assert.match(after.log.join('\n'), /did not finish; it is being undone now/);
    assert.equal((await find()).status, 404);
  });

  it('undoes a cancelled update: what ran before serves again', async () => {
    const { outputs } = await run(one);
    const controller = new AbortController();
    const job = new TestJob('build', azure);
    const result = await run(
      two,
      { environmentVariables: 'SLEEP=30' },
      { job, signal: controller.signal, onLine: (line) => /scoring: Pulled/.test(line) && controller.abort() },
    );
    assert.equal(result.result, 'canceled');
    const after = await run(two, {}, { job, phase: 'postjob', taskVariables: result.taskVariables });
    assert.match(after.log.join('\n'), new RegExp(`${one.digest} was restored and serves again`));
    assert.equal((await score(outputs.scoringUri!)).version, 'one');
  });

  it('takes up where a run was killed', async () => {
    const controller = new AbortController();
    const job = new TestJob('build', azure);
    for (const name of ['PROCESS_SIGINT_TIMEOUT', 'PROCESS_SIGTERM_TIMEOUT']) job.variables.set(name, '0');
    await azure.faults.named('aci.slowStart', { detail: { seconds: 8 } });
    // What the dying run may send yet to undo itself does not arrive.
    await azure.faults.http({ method: 'DELETE', path: 'containerGroups', times: 10, action: { reset: 'before' } });
    const killed = await run(
      one,
      {},
      {
        job,
        signal: controller.signal,
        onLine: (line) => line.endsWith(`${group}: Pending`) && controller.abort(),
      },
    );
    assert.equal(killed.result, 'canceled');
    await azure.requests.clear();
    const result = await run(one);
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    // On a busy machine the containers are up before the second run has looked.
    assert.match(result.log.join('\n'), /has already sent this definition|already runs exactly this/);
    assert.deepEqual(await changes(), []);
  });

  describe('killed between the deletion of the running group and its making', () => {
    const inputs = { secretEnvironmentVariables: 'SECRET=$(password)' };
    const secretVariables = { password: 'not-to-be-seen' };
    let scoringUri: string;

    /** A run that must delete first, killed in the middle with no chance to undo anything. */
    async function killedRun(image: DeployableImage, job: TestJob) {
      scoringUri = (await run(one, inputs, { secretVariables })).outputs.scoringUri!;
      const transitioning = { code: 'ContainerGroupTransitioning', message: 'The group is still transitioning.' };
      const action = { status: 409, body: { error: transitioning } };
      await azure.faults.http({ method: 'PUT', path: `containerGroups/${group}`, times: 99, action });
      const killed = await run(
        image,
        { ...inputs, cpu: '2' },
        { job, secretVariables, onLine: (line) => /not ready to change/.test(line) && killChild('DeployACI/main.js') },
      );
      assert.equal(killed.result, 'failed');
      assert.equal((await find()).status, 404, 'it was deleted, and nothing is in its place');
      await azure.faults.clear();
      return killed;
    }

    it('with its agent, is taken up by the next run, which brings back what ran when the new image fails', async () => {
      await killedRun(two, new TestJob('build', azure));
      const failed = await run(sick, { ...inputs, cpu: '2' }, { secretVariables });
      assert.equal(failed.result, 'failed');
      const log = failed.log.join('\n');
      assert.match(log, /An unfinished run was changing/);
      assert.match(log, new RegExp(`${one.digest} was restored and serves again`));
      assert.deepEqual(await score(scoringUri), { status: 200, version: 'one', secret: 14 });
      assert.equal((await find()).json.properties.containers[0].properties.resources.requests.cpu, 1);
    });

    it('with its agent, is brought to its end by the next run, after which nothing is noted any more', async () => {
      await killedRun(two, new TestJob('build', azure));
      const done = await run(two, { ...inputs, cpu: '2' }, { secretVariables });
      assert.equal(done.result, 'succeeded', done.log.join('\n'));
      assert.equal(done.outputs.previousImage, one.reference);
      assert.deepEqual(await score(scoringUri), { status: 200, version: 'two', secret: 14 });
      const again = await run(two, { ...inputs, cpu: '2' }, { secretVariables });
      assert.match(again.log.join('\n'), /left alone/);
      assert.doesNotMatch(again.log.join('\n'), /did not come to its end/);
    });

    it('alone, is undone by the post-job step', async () => {
      const job = new TestJob('build', azure);
      const { taskVariables } = await killedRun(two, job);
      const after = await run(two, { ...inputs, cpu: '2' }, { job, phase: 'postjob', taskVariables, secretVariables });
      assert.match(after.log.join('\n'), /was restored and serves again/);
      assert.deepEqual(await score(scoringUri), { status: 200, version: 'one', secret: 14 });
    });

    it('leaves no secret in what it notes', async () => {
      await azure.requests.clear();
      await killedRun(two, new TestJob('build', azure));
      const [written] = (await azure.requests.list()).filter(
        ({ method, url }) => method === 'PUT' && /Microsoft\.Resources\/deployments/.test(url),
      );
      const note = await cloud.arm('GET', written!.url);
      const text = note.json.properties.parameters.note.value as string;
      assert.match(text, new RegExp(one.digest));
      assert.match(text, /"name":"SECRET"/);
      assert.doesNotMatch(text, /not-to-be-seen|password/);
    });
  });
});
