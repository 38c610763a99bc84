import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceEndpoint } from '../../../local/serviceEndpoint';
import { startLocalAzure, type LocalAzure } from '../../../local/azure';
import { resolver } from '../../../local/azure/connection/clientEnvironment';
import { localCloud } from '../../../local/azure/context';
import { createGroup, deleteGroup, groupUrl, logOf, version, waitForGroup } from '../../local/containers/aciGroup';
import { connectClient, groupPath, type CloudClient } from '../../local/containers/cloudClient';
import { seedMirror, whyNoPodman } from '../../local/containers/debianBase';
import { runBuiltTask, TestJob } from '../../support/agent';
import { ImageRegistry } from '../../support/imageRegistry';
import { privateIndex, serverWheels } from '../../support/packageIndex';
import { podmanOnAgent } from '../../support/podmanOnAgent';
import { registerModel } from '../../support/registeredModel';
import { trustAuthority } from '../../support/trustAuthority';

const cacheDir = path.join(__dirname, '..', '..', '..', '.local', 'cache');
const azureMlBase = 'azureml/curated/minimal-py311-inference';

describe('MLOpsPackageImage with Podman', function () {
  this.timeout(600_000);
  let stateDir: string;
  let azure: LocalAzure;
  let cloud: CloudClient;
  let images: ImageRegistry;
  let base: string;

  before(async function () {
    const reason = whyNoPodman();
    if (reason) {
      console.log(`      skipped: ${reason}`);
      return this.skip();
    }
    stateDir = mkdtempSync(path.join(tmpdir(), 'local-azure-podman-'));
    process.env.LOCAL_AZURE_ENGINE = 'podman';
    try {
      azure = await startLocalAzure({ stateDir, cacheDir });
    } finally {
      delete process.env.LOCAL_AZURE_ENGINE;
    }
    createRequire(__filename)(resolver);
    trustAuthority(azure.caFile);
    cloud = await connectClient(azure);
    images = new ImageRegistry(cloud);
    base = await seedMirror(cloud, cacheDir, `mcr.microsoft.com/${azureMlBase}`, 'latest');
  });
  after(async () => {
    if (!azure) return;
    await azure.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it('builds its very Dockerfile in ACR Tasks, with packages of a private index, and the image serves', async () => {
    const { name, record } = await registerModel(azure, { 'model.txt': 'weights' });
    const password = `word-${randomUUID()}`;
    const index = await privateIndex(serverWheels(cacheDir), password);
    try {
      const result = await runBuiltTask('PackageImage', {
        azure,
        inputs: {
          azureSubscription: localCloud.serviceConnectionId,
          recordFile: 'mlops-record.json',
          sourceDirectory: 'scoring',
          selfTestRequest: '{"x": 2}',
          baseImage: `mcr.microsoft.com/${azureMlBase}:latest@${base}`,
          secretBuildArguments: 'PIP_INDEX_URL=$(index)',
          imageRepository: name,
        },
        secretVariables: { index: index.url },
        files: {
          'mlops-record.json': JSON.stringify(record),
          'scoring/score.py': [
            'import json, os, pathlib',
            'def init():',
            '    global text',
            '    text = pathlib.Path(os.environ["AZUREML_MODEL_DIR"], "model", "model.txt").read_text()',
            'def run(raw_data):',
            '    return {"model": text, "half": json.loads(raw_data)["x"] / 2, "user": os.getuid(), "first": os.getppid()}',
          ].join('\n'),
        },
      });
      assert.equal(result.result, 'succeeded', result.log.join('\n'));
      assert.match(result.log.join('\n'), /answered 200: \{"model": "weights", "half": 1\.0/);
      assert.ok(index.served.length > 10, 'the packages came from the private index');
      for (const bytes of await images.bytes(name, result.outputs.imageDigest!)) {
        assert.ok(!bytes.includes(password), 'the image holds the password');
      }

      const { ipAddress } = await createGroup(cloud, 'packaged', {
        image: result.outputs.image!,
        port: 5001,
        container: { resources: { requests: { cpu: 1, memoryInGB: 1 } } },
        properties: { restartPolicy: 'Never' },
      });
      const url = `http://${ipAddress.ip}:5001`;
      while ((await cloud.send('GET', `${url}/`).catch(() => undefined))?.status !== 200) await sleep(200);
      const answer = await cloud.send('POST', `${url}/score`, {
        headers: { 'content-type': 'application/json' },
        body: '{"x": 5}',
      });
      assert.deepEqual(answer.json, { model: 'weights', half: 2.5, user: 10001, first: 1 });

      await cloud.arm('POST', `${groupUrl('packaged')}/stop?${version}`);
      await waitForGroup(cloud, 'packaged', ({ containers }) => {
        const { state, detailStatus } = containers[0].properties.instanceView.currentState;
        // As recorded: a stop by request has no exit code.
        if (state === 'Terminated') assert.equal(detailStatus, 'Container stopped per client request');
        return state === 'Terminated';
      });
      assert.match(await logOf(cloud, 'packaged'), /Handling signal: term/);
      await deleteGroup(cloud, 'packaged');
    } finally {
      index.close();
    }
  });

  it('builds on the agent, from a private base that it pins, and hands on what it pushed', async () => {
    const { name, record } = await registerModel(azure, { 'model.txt': 'weights' });
    const registry = `${groupPath}/Microsoft.ContainerRegistry/registries/mirror`;
    const { json } = await cloud.arm('POST', `${registry}/listCredentials?api-version=2023-07-01`);
    const [server, password] = [`mirror.azurecr.localhost:${azure.port}`, json.passwords[0].value as string];
    const privateBase: ServiceEndpoint = {
      id: randomUUID(),
      name: 'private-base',
      type: 'dockerregistry',
      url: `https://${server}`,
      auth: { scheme: 'UsernamePassword', parameters: { registry: `https://${server}`, username: 'mirror', password } },
      data: { registrytype: 'Others' },
    };
    const podman = await podmanOnAgent(azure);
    const word = `word-${randomUUID()}`;
    try {
      const job = new TestJob('build', azure);
      const run = (endpoint?: ServiceEndpoint) =>
        runBuiltTask('PackageImage', {
          job,
          endpoints: [azure.serviceConnection('WorkloadIdentityFederation'), ...(endpoint ? [endpoint] : [])],
          environment: podman.environment,
          inputs: {
            azureSubscription: localCloud.serviceConnectionId,
            recordFile: 'mlops-record.json',
            packaging: 'dockerfile',
            dockerfile: 'image/Dockerfile',
            builder: 'docker',
            baseImage: `${server}/mcr.microsoft.com/${azureMlBase}:latest`,
            baseImageConnection: endpoint?.id ?? '',
            secretBuildArguments: 'WORD=$(word)',
            imageRepository: `team/${name}`,
            imageTags: 'nightly',
          },
          secretVariables: { word },
          files: {
            'mlops-record.json': JSON.stringify(record),
            'image/.dockerignore': 'notes.md\n',
            'image/notes.md': 'not for the image',
            'image/Dockerfile': [
              'ARG BASE_IMAGE',
              'FROM ${BASE_IMAGE} AS prepared',
              'ARG WORD',
              "RUN python3 -c \"import os; print(len(os.environ['WORD']), file=open('/length', 'w'))\"",
              'FROM ${BASE_IMAGE}',
              'COPY --from=prepared /length /length',
              'COPY . /all/',
              'EXPOSE 18085',
              'CMD ["python3", "-m", "http.server", "18085"]',
            ].join('\n'),
          },
        });
      const refused = await run();
      assert.equal(refused.result, 'failed');
      assert.match(
        refused.issues.map(({ message }) => message).join('\n'),
        /name a Docker registry.*baseImageConnection/,
      );

      const result = await run(privateBase);
      assert.equal(result.result, 'succeeded', result.log.join('\n'));
      assert.match(result.log.join('\n'), /Building with podman on this agent/);
      assert.match(result.log.join('\n'), /SELF-TEST PASSED: the server started and no request was sent/);
      const { imageDigest = '', image } = result.outputs;
      assert.equal(image, `${cloud.loginServer}/team/${name}@${imageDigest}`);
      const manifest = await images.manifest(`team/${name}`, 'nightly');
      assert.equal(manifest.digest, imageDigest);
      assert.equal(manifest.annotations?.['mlops.model.name'], name);
      assert.equal(manifest.annotations?.['org.opencontainers.image.base.digest'], base);
      const bytes = await images.bytes(`team/${name}`, imageDigest);
      for (const secret of [word, password]) assert.ok(!bytes.some((each) => each.includes(secret)));
      assert.ok(
        bytes.some((each) => each.includes(`${word.length}\n`)),
        'the build was shown the secret',
      );
      assert.ok(bytes.some((each) => each.includes('all/model/model/model.txt')));
      assert.ok(!bytes.some((each) => each.includes('notes.md')));

      const again = await run(privateBase);
      assert.deepEqual([again.outputs.built, again.outputs.image], ['false', image]);
    } finally {
      podman.remove();
    }
  });
});
