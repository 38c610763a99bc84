import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildNamed, createGroup, deleteGroup, logOf } from './aciGroup';
import { cloudClient } from './cloudClient';

const score = `
import json, os

def init():
    global factor
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.json")) as file:
        factor = json.load(file)["factor"]
    print("the model is loaded")

def run(raw_data):
    return [factor * each for each in json.loads(raw_data)["data"]]
`;
const dockerfile = (server: string): string => `FROM mcr.microsoft.com/azureml/minimal-py311-inference:latest
WORKDIR /var/azureml-app
RUN pip install --no-cache-dir azureml-inference-server-http==1.5.1
COPY score.py ./
COPY model/ azureml-models/factor/1/
ENV AZUREML_MODEL_DIR=/var/azureml-app/azureml-models/factor/1
EXPOSE 5001
${server}
`;

describe("Azure ML's inference server in a container group", () => {
  it('is installed by the Dockerfile, loads the model, scores, and explains a crash in init()', async function () {
    // pip has to download it, the first time on a machine.
    this.timeout(600_000);
    const cloud = await cloudClient();
    const command = ['azmlinfsrv', '--entry_script', '/var/azureml-app/score.py', '--port', '5001'];
    const files = {
      Dockerfile: dockerfile(`CMD ${JSON.stringify(command)}`),
      'score.py': score,
      'model/model.json': '{"factor": 3}',
    };
    const image = await buildNamed(cloud, 'scoring', files);
    const { ipAddress } = await createGroup(cloud, 'scoring', {
      image,
      port: 5001,
      container: { resources: { requests: { cpu: 1, memoryInGB: 1 } } },
    });
    const url = `http://${ipAddress.ip}:5001`;
    for (;;) {
      // It answers once init() has come to its end.
      const health = await cloud.send('GET', `${url}/`).catch(() => undefined);
      if (health?.status === 200) break;
      await sleep(100);
    }
    const answer = await cloud.send('POST', `${url}/score`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ data: [1, 2.5] }),
    });
    assert.deepEqual([answer.status, answer.json], [200, [3, 7.5]]);
    assert.equal(answer.headers['x-ms-server-version'], 'azmlinfsrv/1.5.1');
    assert.match(await logOf(cloud, 'scoring'), /the model is loaded/);
    await deleteGroup(cloud, 'scoring');

    const broken = await buildNamed(cloud, 'broken', { ...files, 'model/model.json': '{}' });
    await createGroup(cloud, 'broken', { image: broken, port: 5001, properties: { restartPolicy: 'Never' } });
    while (!/KeyError: 'factor'/.test(await logOf(cloud, 'broken'))) await sleep(100);
    await deleteGroup(cloud, 'broken');
  });
});
