/** Fills a local Azure as a team fills theirs in years: models, jobs and images. */
import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { request } from 'undici';
import type { LocalAzure } from '../../local/azure/connection/localAzure';
import { localCloud } from '../../local/azure/context';
import { createLocalAgent } from '../../local/azure/registry/localAgent';
import type { MlWorkspace } from '../../test/support/mlWorkspace';

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** Half of them are versions of one model, the others a model each. */
export async function registerModels(workspace: MlWorkspace, count: number): Promise<void> {
  await inParallel(count, async (index) => {
    const place = index % 2 === 0 ? `/models/bench/versions/${index / 2 + 1}` : `/models/model-${index}/versions/1`;
    const modelUri = `azureml://datastores/workspaceblobstore/paths/models/${index}`;
    const tags = { stage: index % 100 === 0 ? 'champion' : 'candidate' };
    const body = { properties: { modelType: 'custom_model', modelUri, tags } };
    const { status } = await workspace.call('PUT', workspace.arm(place), body);
    if (status >= 300) throw new Error(`Model ${index} was answered by ${status}.`);
  });
}

/** A job that has run to its end, with a metric. */
export async function runJob(workspace: MlWorkspace): Promise<string> {
  const name = await workspace.submit({
    command: 'true',
    environmentId: await workspace.environment(),
    tags: { n: '0' },
  });
  const { details } = await workspace.untilEnd(name);
  if (details.status !== 'Completed') throw new Error(`The job ended as ${details.status}.`);
  return name;
}

/** Puts copies of a job, and a metric for each, into the state of a local Azure that is stopped: to run them all would take hours. */
export function copyJob(stateDir: string, name: string, count: number): void {
  const names = Array.from({ length: count }, () => `job-${randomUUID()}`);
  for (const kind of ['jobs', 'runs']) {
    const file = path.join(stateDir, 'documents', `machineLearning.${kind}.jsonl`);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const line = lines.findLast((each) => each.includes(name))!;
    appendFileSync(file, names.map((copy) => `${line.replaceAll(name, copy)}\n`).join(''));
  }
  for (const [index, copy] of names.entries()) {
    const point = JSON.stringify(['rmse', index / count, Date.now(), 0]);
    writeFileSync(path.join(stateDir, 'metrics', `${copy}.jsonl`), `${point}\n`);
  }
}

export interface Registry {
  /** Milliseconds of a GET whose answer is 200. */
  get(path: string): Promise<{ milliseconds: number; next?: string }>;
  /** An image of its own: half of them tags of one repository, the others a repository each. */
  push(count: number): Promise<void>;
}

export function openRegistry(azure: LocalAzure): Registry {
  const dispatcher = createLocalAgent(azure.caFile);
  const secret = azure.serviceConnection('ServicePrincipal').auth.parameters.serviceprincipalkey ?? '';
  const authorization = `Basic ${Buffer.from(`${localCloud.clientId}:${secret}`).toString('base64')}`;
  const origin = `https://${localCloud.registry}.azurecr.localhost:${azure.port}`;
  const send = async (
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    body?: string,
    type = 'application/octet-stream',
  ) => {
    const headers = { authorization, ...(body && { 'content-type': type }) };
    const answer = await request(`${origin}${url}`, { dispatcher, method, headers, body });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.statusCode} ${text}`);
    return answer.headers;
  };
  const pushOne = async (index: number): Promise<void> => {
    const repository = index % 2 === 0 ? 'bench' : `image-${index}`;
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [] },
      index,
    });
    const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
    await send('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, config);
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const described = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: config.length };
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config: described, layers: [] });
    await send('PUT', `/v2/${repository}/manifests/v${index}`, manifest, mediaType);
  };
  return {
    async get(url) {
      const started = performance.now();
      const { link } = await send('GET', url);
      return { milliseconds: performance.now() - started, next: /<([^>]+)>/.exec(String(link ?? ''))?.[1] };
    },
    push: (count) => inParallel(count, pushOne),
  };
}
