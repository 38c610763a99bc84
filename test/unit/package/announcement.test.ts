import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { announce } from '../../../tasks/PackageImage/image/announcement';
import type { ImagePlan } from '../../../tasks/PackageImage/plan/imagePlan';

describe('telling Azure ML of an image that is pushed', () => {
  const model = { name: 'm', version: '3' } as Parameters<typeof announce>[2];
  const plan: ImagePlan = {
    dockerfile: () => 'FROM base',
    dockerfilePath: 'Dockerfile',
    files: [],
    arguments: [],
    port: 5001,
    readinessPath: '/',
    scoringPath: '/score',
  };
  const refusal = (status: number) =>
    new AzureFailure(`Azure answered ${status}`, undefined, status, 'X', '', undefined);

  async function run(registerEnvironment: sinon.SinonStub, tag: sinon.SinonStub) {
    const warning = sinon.stub();
    const sleep = sinon.stub().resolves();
    const context = { log: { warning }, clock: { sleep }, signal: new AbortController().signal };
    const id = await announce(
      { registerEnvironment, models: { tag } } as unknown as Parameters<typeof announce>[0],
      { registerEnvironment: true },
      model,
      plan,
      'team/m',
      'r/team/m@sha256:1',
      context as unknown as Parameters<typeof announce>[6],
    );
    return { id, warnings: warning.args.flat() as string[], sleep };
  }

  it('rides out another operation and too many requests', async () => {
    const environment = sinon.stub().onFirstCall().rejects(refusal(409)).resolves('/e/1');
    const tag = sinon.stub().onFirstCall().rejects(refusal(429)).resolves();
    const { id, warnings } = await run(environment, tag);
    assert.equal(id, '/e/1');
    assert.deepEqual(warnings, []);
    assert.deepEqual(environment.args[0]?.slice(0, 2), ['team-m', 'r/team/m@sha256:1']);
    assert.deepEqual(tag.args[1], ['m', '3', { image: 'r/team/m@sha256:1', imageDigest: 'sha256:1' }]);
  });

  it('warns of what Azure does not take: the image is good', async () => {
    const { id, warnings, sleep } = await run(sinon.stub().rejects(refusal(409)), sinon.stub().rejects(refusal(403)));
    assert.equal(id, undefined);
    assert.equal(sleep.callCount, 4);
    assert.ok(warnings.some((each) => /not registered as an environment; the image itself is pushed/.test(each)));
    assert.ok(warnings.some((each) => /did not get its image as a tag/.test(each)));
  });

  it('hides no error of its own', async () => {
    await assert.rejects(run(sinon.stub().rejects(new TypeError('bug')), sinon.stub().resolves()), /bug/);
  });
});
