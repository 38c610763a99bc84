import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalAzure, type LocalAzure } from '../../../local/azure/index';
import { buildImage, type BuildResult } from './acrBuild';
import { createGroup, deleteGroup, fetchText, groupBody, logOf, putGroup, waitForGroup } from './aciGroup';
import { connectClient, type CloudClient } from './cloudClient';
import { seedMirror, whyNoPodman } from './debianBase';

const cacheDir = join(__dirname, '..', '..', '..', '.local', 'cache');

const server = `
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/eat":
            eaten = bytearray(400 << 20)
            for at in range(0, len(eaten), 4096):
                eaten[at] = 1
        text = open("/opt/model/factor").read() + os.environ.get("SECRET", "")
        self.send_response(500 if self.path == "/fail" else 200)
        self.end_headers()
        self.wfile.write(text.encode())

print("listening", flush=True)
http.server.HTTPServer(("0.0.0.0", 5001), Handler).serve_forever()
`;

describe('Podman as engine', function () {
  this.timeout(180_000);
  const reason = whyNoPodman();
  let stateDir: string;
  let azure: LocalAzure;
  let cloud: CloudClient;
  let base: string;
  let image: string;

  before(async function () {
    if (reason) {
      console.log(`      skipped: ${reason}`);
      return this.skip();
    }
    stateDir = mkdtempSync(join(tmpdir(), 'local-azure-podman-'));
    process.env.LOCAL_AZURE_ENGINE = 'podman';
    try {
      azure = await startLocalAzure({ stateDir, cacheDir });
    } finally {
      delete process.env.LOCAL_AZURE_ENGINE;
    }
    cloud = await connectClient(azure);
    base = await seedMirror(cloud, cacheDir, 'mcr.microsoft.com/azureml/inference', 'latest');
  });
  after(async () => {
    if (!azure) return;
    await azure.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const build = (dockerfile: string, request: Record<string, unknown> = {}): Promise<BuildResult> =>
    buildImage(cloud, { Dockerfile: dockerfile, 'server.py': server, 'model/factor': '3' }, request);

  it('builds the very Dockerfile on a base from the mirror, by tag and by digest, and pushes by digest', async () => {
    const dockerfile = [
      'ARG BASE=mcr.microsoft.com/azureml/inference:latest',
      'FROM ${BASE} AS prepared',
      'ARG WORD',
      'RUN python3 -c "import sys; print(sys.prefix)" > /where && echo "$WORD" && ls /',
      'FROM prepared',
      'COPY model/ /opt/model/',
      'COPY --from=prepared /where /also',
      'COPY server.py /app/',
      'CMD ["python3", "/app/server.py"]',
    ].join('\n');
    const built = await build(dockerfile, {
      imageNames: ['real:1'],
      arguments: [{ name: 'WORD', value: 'do-not-tell', isSecret: true }],
      noCache: true,
    });
    assert.equal(built.status, 'Succeeded', built.log);
    assert.match(built.log, /^\*\*\*$/m);
    assert.match(built.log, /^var$/m, "the container's own root");
    assert.match(built.digests['real:1'] ?? '', /^sha256:[0-9a-f]{64}$/);
    image = `${cloud.loginServer}/real@${built.digests['real:1']}`;

    const pinned = await build(`FROM mcr.microsoft.com/azureml/inference@${base}\nRUN true\n`);
    assert.equal(pinned.status, 'Succeeded', pinned.log);
    const failed = await build('FROM mcr.microsoft.com/azureml/inference\nRUN exit 9\n');
    assert.deepEqual(
      [failed.status, failed.properties.runErrorMessage],
      ['Failed', 'failed during run, err: exit status 9'],
    );
    const unknown = await build('FROM docker.io/library/never-mirrored:1\n');
    assert.match(unknown.log, /manifest for .*never-mirrored:1 not found: manifest unknown/);
  });

  it('runs it as a pod: served at its address, probed, logged, and deleted', async () => {
    const { ipAddress } = await createGroup(cloud, 'real', {
      image,
      port: 5001,
      container: {
        environmentVariables: [{ name: 'SECRET', secureValue: ' and more' }],
        readinessProbe: {
          exec: { command: ['python3', '-c', 'raise SystemExit(4)'] },
          periodSeconds: 1,
          timeoutSeconds: 5,
        },
      },
    });
    assert.equal((await fetchText(cloud, `http://${ipAddress.ip}:5001/`)).text, '3 and more');
    assert.match(await logOf(cloud, 'real'), /^listening$/m);
    await waitForGroup(cloud, 'real', ({ containers }) =>
      containers[0].properties.instanceView.events.some((event: { message: string }) =>
        /exit code 4/.test(event.message),
      ),
    );
    await deleteGroup(cloud, 'real');
    await assert.rejects(cloud.send('GET', `http://${ipAddress.ip}:5001/`));
  });

  it('ends a container that goes over its memory, and says when a program is not there', async () => {
    const { ipAddress } = await createGroup(cloud, 'hungry', {
      image,
      port: 5001,
      container: { resources: { requests: { cpu: 0.5, memoryInGB: 0.2 } } },
      properties: { restartPolicy: 'Never' },
    });
    await fetchText(cloud, `http://${ipAddress.ip}:5001/`);
    void cloud.send('GET', `http://${ipAddress.ip}:5001/eat`).catch(() => undefined);
    await waitForGroup(cloud, 'hungry', ({ containers }) => {
      const { exitCode, detailStatus } = containers[0].properties.instanceView.currentState;
      return exitCode === 137 && detailStatus === 'OOMKilled';
    });
    await deleteGroup(cloud, 'hungry');

    await putGroup(
      cloud,
      'wrong',
      await groupBody(cloud, { image, port: 5001, container: { command: ['no-such-program'] } }),
    );
    await waitForGroup(cloud, 'wrong', ({ provisioningState, instanceView }) => {
      const told = instanceView.events.some((event: { message: string }) => /no-such-program/.test(event.message));
      return provisioningState === 'Failed' && told;
    });
    await deleteGroup(cloud, 'wrong');
  });
});
