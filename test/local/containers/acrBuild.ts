import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { pack } from 'tar-stream';
import { groupPath, type Answer, type CloudClient } from './cloudClient';

export const registryPath = `${groupPath}/Microsoft.ContainerRegistry/registries/quickstartsacr`;
const version = 'api-version=2019-06-01-preview';

/** Content by path; `mode` where it matters. */
export type Files = Record<string, string | Buffer | { content: string | Buffer; mode: number }>;

export interface BuildResult {
  status: string;
  runId: string;
  /** repository:tag to digest. */
  digests: Record<string, string>;
  log: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  properties: any;
}

export async function archive(files: Files): Promise<Buffer> {
  const tar = pack();
  for (const [name, file] of Object.entries(files)) {
    const { content, mode } = typeof file === 'object' && 'mode' in file ? file : { content: file, mode: 0o644 };
    tar.entry({ name, mode }, content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks), { level: 1 });
}

export async function upload(cloud: CloudClient, files: Files, registry = registryPath): Promise<string> {
  const { json } = await cloud.arm('POST', `${registry}/listBuildSourceUploadUrl?${version}`, undefined, {
    'x-ms-correlation-request-id': randomUUID(),
  });
  const put = await cloud.send('PUT', json.uploadUrl, {
    headers: { 'x-ms-blob-type': 'BlockBlob' },
    body: await archive(files),
  });
  if (put.status !== 201) throw new Error(`the upload answered ${put.status} ${put.text}`);
  return json.relativePath as string;
}

export function schedule(
  cloud: CloudClient,
  request: Record<string, unknown>,
  registry = registryPath,
): Promise<Answer> {
  return cloud.arm('POST', `${registry}/scheduleRun?${version}`, {
    type: 'DockerBuildRequest',
    dockerFilePath: 'Dockerfile',
    platform: { os: 'Linux', architecture: 'amd64' },
    ...request,
  });
}

export function getRun(cloud: CloudClient, runId: string, registry = registryPath): Promise<Answer> {
  return cloud.arm('GET', `${registry}/runs/${runId}?${version}`);
}

/** Waits for the run's end and reads its log, which must be complete by then or soon after. */
export async function waitForRun(cloud: CloudClient, runId: string, registry = registryPath): Promise<BuildResult> {
  for (;;) {
    const { properties } = (await getRun(cloud, runId, registry)).json;
    if (!['Queued', 'Started', 'Running'].includes(properties.status as string)) {
      const images = properties.outputImages as Array<{ repository: string; tag: string; digest: string }>;
      return {
        status: properties.status as string,
        runId,
        digests: Object.fromEntries(images.map((image) => [`${image.repository}:${image.tag}`, image.digest])),
        log: await readLog(cloud, runId, registry),
        properties,
      };
    }
    await sleep(100);
  }
}

export async function readLog(cloud: CloudClient, runId: string, registry = registryPath): Promise<string> {
  const link = await cloud.arm('POST', `${registry}/runs/${runId}/listLogSasUrl?${version}`);
  const answer = await cloud.send('GET', link.json.logLink as string);
  return answer.status === 200 ? answer.text : '';
}

/** Uploads the files, builds them by ACR Tasks, and waits. */
export async function buildImage(
  cloud: CloudClient,
  files: Files,
  request: Record<string, unknown> = {},
  registry = registryPath,
): Promise<BuildResult> {
  const sourceLocation = await upload(cloud, files, registry);
  const scheduled = await schedule(cloud, { sourceLocation, ...request }, registry);
  if (scheduled.status !== 200) throw new Error(`scheduleRun answered ${scheduled.status} ${scheduled.text}`);
  return waitForRun(cloud, scheduled.json.properties.runId as string, registry);
}
