/** One piece of work, so much of it, in a process of its own: `work.cjs <kind> <count> [where]`. Prints as JSON on stderr what it took. */
import { createHttpHeaders, type PipelineRequest } from '@azure/core-rest-pipeline';
import { BlobTransfer } from '../../tasks/common/azure/storage/blobTransfer';
import type { AzureSession } from '../../tasks/common/azure/http/session';
import { Tracking } from '../../tasks/common/azure/ml/metrics';
import { listSnapshot, uploadsOf } from '../../tasks/common/azure/ml/snapshotFiles';
import { hashSnapshot } from '../../tasks/common/azure/ml/snapshotHash';
import type { Workspace } from '../../tasks/common/azure/ml/workspace';
import { parseCriteria } from '../../tasks/common/criteria/parseCriteria';
import { Secret } from '../../tasks/common/secret';
import { alone } from '../../tasks/Evaluate/confidence/crew';
import { uncertainties } from '../../tasks/Evaluate/confidence/uncertainty';
import { generateLoad } from '../../tasks/TestEndpoint/load/loadGenerator';
import { Client } from '../../tasks/TestEndpoint/load/undici';

let requests = 0;
const { signal } = new AbortController();

const kinds: Record<string, (count: number, where: string) => Promise<void>> = {
  upload: async (_count, where) => {
    const files = await listSnapshot(where);
    await hashSnapshot(files, signal);
    const container = new Secret('https://storage.test/container?sig=1');
    await storage().uploadAll(
      container,
      uploadsOf(files, ({ path }) => path),
      () => undefined,
      signal,
    );
  },
  metricPoints: async (count) => {
    await tracking(count).history('run', 'loss', signal);
  },
  predictions: async (_count, where) => {
    const { criteria } = parseCriteria('rmse < 1 with 95% confidence');
    await uncertainties(criteria, { candidate: where }, alone());
  },
  load: async (count, where) => {
    const request = { url: new URL('/score', where), method: 'POST', headers: {}, body: Buffer.from('{}') };
    const seconds = 2;
    const options = { requests: [request], connections: 4, rate: count / seconds, durationMs: seconds * 1000 };
    const { latencies } = await generateLoad(
      { ...options, warmUpMs: 0, drainMs: 10_000 },
      () => new Client(where),
      signal,
    );
    requests = latencies.figures(seconds).requests;
  },
};

/** A storage that takes all that it is sent. */
function storage(): BlobTransfer {
  const send = (request: PipelineRequest) => {
    requests++;
    return Promise.resolve({ status: 201, headers: createHttpHeaders(), request });
  };
  return new BlobTransfer({ sender: () => Promise.resolve(send) } as unknown as AzureSession);
}

/** Of a run with so many points of its metric; a page has a thousand at most. */
function tracking(count: number): Tracking {
  const request = async ({ query }: { query: { max_results: string; page_token?: string } }) => {
    requests++;
    const start = Number(query.page_token ?? 0);
    const end = Math.min(count, start + Number(query.max_results));
    const metrics = Array.from({ length: end - start }, (_, index) => ({ value: 1 / (start + index + 1), step: start + index, timestamp: start + index })); // prettier-ignore
    return { body: { metrics, next_page_token: end < count ? String(end) : undefined } };
  };
  return new Tracking({ mlflowUrl: async () => 'https://mlflow.test', request } as unknown as Workspace);
}

async function main([kind = '', count = '0', where = '']: string[]): Promise<void> {
  const cpu = process.cpuUsage();
  await kinds[kind]!(Number(count), where);
  const { user, system } = process.cpuUsage(cpu);
  const megabytes = process.resourceUsage().maxRSS / 1024;
  console.error(`\n${JSON.stringify({ requests, cpuSeconds: (user + system) / 1e6, megabytes })}`);
}

void main(process.argv.slice(2));
