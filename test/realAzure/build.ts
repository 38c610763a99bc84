import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Answer } from './send';
import type { World } from './world';

export interface EndedRun {
  status: string;
  runId: string;
  digest?: string;
  log: string;
  /** The answer to the request that began it. */
  scheduled: Answer;
}

async function archive(files: Record<string, string>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** Uploads files for a run of ACR Tasks. Gives what a run names them by. */
export async function upload({ arm, direct }: World, registry: string, files: Record<string, string>): Promise<string> {
  const headers = { 'x-ms-correlation-request-id': randomUUID() };
  const { json } = await arm.ask('POST', `${registry}/listBuildSourceUploadUrl`, undefined, headers);
  const { uploadUrl, relativePath } = json as { uploadUrl: string; relativePath: string };
  const put = await direct('PUT', uploadUrl, {
    headers: { 'x-ms-blob-type': 'BlockBlob' },
    body: await archive(files),
  });
  if (put.status !== 201)
    throw new Error(`The upload for the build was answered ${put.status}: ${put.text.slice(0, 300)}`);
  return relativePath;
}

export const buildOf = (sourceLocation: string, imageName: string): Record<string, unknown> => ({
  type: 'DockerBuildRequest',
  isPushEnabled: true,
  dockerFilePath: 'Dockerfile',
  imageNames: [imageName],
  platform: { os: 'Linux', architecture: 'amd64' },
  sourceLocation,
  timeout: 1200,
});

/** Schedules a run and waits for its end, however it ends. @param version of the tasks' API, where it is not the usual one */
export async function runTask(
  world: World,
  registry: string,
  body: Record<string, unknown>,
  version?: string,
): Promise<EndedRun> {
  const query = version ? `?api-version=${version}` : '';
  const scheduled = await world.arm.must('POST', `${registry}/scheduleRun${query}`, body);
  const runId = scheduled.json.properties.runId as string;
  return { ...(await waitForRun(world, registry, runId)), scheduled };
}

export async function waitForRun(world: World, registry: string, runId: string): Promise<Omit<EndedRun, 'scheduled'>> {
  for (;;) {
    const { properties } = (await world.arm.must('GET', `${registry}/runs/${runId}`)).json;
    if (!/^(Queued|Started|Running)$/.test(properties.status as string)) {
      const { json } = await world.arm.must('POST', `${registry}/runs/${runId}/listLogSasUrl`);
      const { status, text } = await world.direct('GET', json.logLink as string);
      return {
        status: properties.status,
        runId,
        digest: properties.outputImages?.[0]?.digest,
        log: status < 300 ? text : '',
      };
    }
    await sleep(2000, undefined, { signal: world.signal });
  }
}

const server = `import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = 500 if self.path == "/fail" else 200
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()
print("listening", flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
`;

/** A small server, on a base image of Microsoft's own registry, which limits nobody's pulls. */
export const serverFiles = {
  Dockerfile:
    'FROM mcr.microsoft.com/azurelinux/base/python:3.12\nWORKDIR /app\nCOPY server.py ./\nCMD ["python3", "/app/server.py"]\n',
  'server.py': server,
};

const built = new WeakMap<World['resources'], Promise<string>>();

/** repository@digest of the small server in the run's registry, built once. */
export function serverImage(world: World): Promise<string> {
  let image = built.get(world.resources);
  if (!image) built.set(world.resources, (image = buildServer(world)));
  return image;
}

async function buildServer(world: World): Promise<string> {
  const { registry } = world.resources;
  const sourceLocation = await upload(world, registry, serverFiles);
  const { status, digest, log } = await runTask(world, registry, buildOf(sourceLocation, 'server:1'));
  if (status !== 'Succeeded')
    throw new Error(`The image of the cases could not be built (${status}): ${log.slice(-600)}`);
  const { json } = await world.arm.must('GET', registry);
  return `${json.properties.loginServer}/server@${digest}`;
}
