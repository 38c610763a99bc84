import assert from 'node:assert/strict';
import { readTaskFile } from '../../../local/azure/containerRegistry/taskFile/taskFile';
import { runRequest } from '../../../tasks/common/azure/registry/runRequest';
import { buildAndTestTask } from '../../../tasks/PackageImage/build/server/taskFile';
import { Secret } from '../../../tasks/common/secret';

const token = 'it\'s $HOME {{.Run.ID}}: "top"\nsecret';
const order = {
  ...{ context: [], dockerfile: '.mlops.Dockerfile', repository: 'team/model', content: 'content-1' },
  tags: ['v1', 'content-1'],
  arguments: [
    { name: 'MODEL_NAME', value: 'm' },
    { name: 'TOKEN', value: new Secret(token) },
  ],
};
const test = { environment: {}, cases: [], port: 8080, readinessPath: '/', scoringPath: '/score' };

describe('the task by which ACR builds, tests and pushes an image', () => {
  it('has three steps, the last of which pushes what the second has tried', async () => {
    const { taskFile, values } = await buildAndTestTask(order, test, 3600);
    const run = { Registry: 'acr.example.net', SharedVolume: 'volume' };
    const Values = Object.fromEntries(
      values.map(({ name, value }) => [name, value instanceof Secret ? value.reveal() : value]),
    );
    const [build, tried, push] = readTaskFile(taskFile, { Run: run, Values });
    assert.deepEqual(build?.words, [
      ...['-t', 'acr.example.net/team/model:v1', '-t', 'acr.example.net/team/model:content-1'],
      ...['-f', '.mlops.Dockerfile', '--build-arg', 'MODEL_NAME=m', '--build-arg=TOKEN', '.'],
    ]);
    assert.deepEqual([build?.workingDirectory, build?.environment], ['image', { TOKEN: token }]);
    assert.deepEqual([tried?.entryPoint, tried?.words], ['sh', ['docker', 'check/server_test.sh', 'acr.example.net/team/model:content-1', '8080', '/', 'volume', 'acb_default_network', '900']]); // prettier-ignore
    assert.deepEqual(push?.images, ['acr.example.net/team/model:v1', 'acr.example.net/team/model:content-1']);
    assert.deepEqual([build?.timeout, tried?.timeout], [3600, 3600]);
  });

  it('hands an argument on as it is, a template and a quote in it too', async () => {
    const open = [{ name: 'FORMAT', value: `{{.Run.ID}} "it's" $1` }];
    const { taskFile, values } = await buildAndTestTask({ ...order, arguments: open }, test, 3600);
    const Values = Object.fromEntries(
      values.map(({ name, value }) => [name, value instanceof Secret ? value.reveal() : value]),
    );
    const [build] = readTaskFile(taskFile, { Run: { Registry: 'r', SharedVolume: 'v', ID: 'x1' }, Values });
    assert.deepEqual(build?.words?.slice(-3), ['--build-arg', `FORMAT={{.Run.ID}} "it's" $1`, '.']);
  });

  it('holds no secret in clear: those are values that the service keeps to itself', async () => {
    const task = await buildAndTestTask(order, test, 3600);
    const request = runRequest({ ...task, sourceLocation: 'x', customRegistries: {}, timeout: 3600 });
    assert.equal(request.type, 'EncodedTaskRunRequest');
    const text = Buffer.from(request.encodedTaskContent as string, 'base64').toString();
    assert.doesNotMatch(text, /top|secret"/);
    const sent = request.values as Array<{ name: string; value: string; isSecret: boolean }>;
    assert.deepEqual(
      sent.map(({ name, isSecret }) => [name, isSecret]),
      [
        ['argument0', false],
        ['argument1', true],
      ],
    );
    assert.match(sent[1]!.value, /HOME/);
    assert.doesNotMatch(JSON.stringify({ ...request, values: [] }), /HOME/);
  });
});
