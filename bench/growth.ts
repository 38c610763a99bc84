/** How what a task asks for and takes grows with its work: once, ten and a hundred times as much. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AzureSession } from '../tasks/common/azure/http/session';
import { Models } from '../tasks/common/azure/ml/models';
import { Workspace } from '../tasks/common/azure/ml/workspace';
import { followTrace } from '../test/support/jobTraces';
import { MlWorkspace } from '../test/support/mlWorkspace';
import { startAzureProcess } from './azureProcess';
import { benchConnection, serviceConnectionOf } from './benchConnection';
import { growthRow, type Grown, type Order } from './growth/order';
import { bundled, measuredProcess } from './measuredProcess';
import type { Row } from './rows';

const factors = [1, 10, 100] as const;
const minute = 60_000;

interface Took {
  requests: number;
  cpuSeconds: number;
  megabytes: number;
}

export async function bench(): Promise<Row[]> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-growth-'));
  try {
    const grown = [
      ...(await jobLogs()),
      ...(await files(scratch)),
      ...(await bytes(scratch)),
      ...(await metricPoints()),
      ...(await versions(scratch)),
      ...(await rows(scratch)),
      ...(await requests()),
    ];
    return grown.map(growthRow);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Virtual time: what is counted is exact. */
async function jobLogs(): Promise<Grown[]> {
  const asked = async (births: number[], runs: number): Promise<number> =>
    (await followTrace(births, runs)).requests.reduce((sum, each) => sum + (each ?? 0), 0);
  const every = (milliseconds: number, runs: number) =>
    Array.from({ length: Math.ceil(runs / milliseconds) }, (_, index) => index * milliseconds);
  const requestsOf = async (name: string, order: Order, work: (factor: number) => Promise<number>): Promise<Grown> => {
    const took = [];
    for (const factor of factors) took.push(await work(factor));
    return { name: `requests for ${name}`, unit: '', took, order, by: 'counted' };
  };
  return [
    await requestsOf('a silent job of 10, 100, 1,000 minutes', 'linear', (factor) => asked([0], factor * 10 * minute)),
    await requestsOf('a job of 10, 100, 1,000 minutes with a line each 10 s', 'linear', (factor) =>
      asked(every(10_000, factor * 10 * minute), factor * 10 * minute),
    ),
    await requestsOf('a job of 10, 100, 1,000 minutes with a line each minute', 'linear', (factor) =>
      asked(every(minute, factor * 10 * minute), factor * 10 * minute),
    ),
    await requestsOf('a job of 60 minutes with 600, 6,000, 60,000 log lines', 'constant', (factor) =>
      asked(every(6000 / factor, 60 * minute), 60 * minute),
    ),
  ];
}

async function files(scratch: string): Promise<Grown[]> {
  const took = await measured('upload', 200, (count) => {
    const folder = path.join(scratch, `files-${count}`);
    for (let index = 0; index < count; index++) {
      const part = path.join(folder, String(Math.floor(index / 100)));
      if (index % 100 === 0) mkdirSync(part, { recursive: true });
      writeFileSync(path.join(part, `${index}.py`), randomBytes(2048));
    }
    return folder;
  });
  return grownBy('a snapshot of 200, 2,000, 20,000 files', took, { requests: 'linear', memory: 'constant' });
}

async function bytes(scratch: string): Promise<Grown[]> {
  const took = await measured('upload', 9, (count) => {
    const folder = path.join(scratch, `bytes-${count}`);
    mkdirSync(folder);
    const piece = randomBytes(1024 ** 2);
    for (let written = 0; written < count; written++) appendFileSync(path.join(folder, 'weights.bin'), piece);
    return folder;
  });
  return grownBy('a snapshot of one file of 9, 90, 900 MiB', took, { requests: 'linear', memory: 'constant' });
}

async function metricPoints(): Promise<Grown[]> {
  const took = await measured('metricPoints', 10_000, () => '');
  return grownBy("a metric's history of 10,000, 100,000, 1,000,000 points", took, {
    requests: 'linear',
    memory: 'linear',
  });
}

/** Versions are put into the state of a local Azure that is stopped: to register them all would take minutes. */
async function versions(scratch: string): Promise<Grown[]> {
  const stateDir = path.join(scratch, 'azure');
  const first = await startAzureProcess(stateDir);
  const registry = new MlWorkspace(first.azure);
  const uri = 'azureml://datastores/workspaceblobstore/paths/models/1';
  const properties = { modelType: 'custom_model', modelUri: uri, tags: {} };
  for (const factor of factors) {
    await registry.call('PUT', registry.arm(`/models/m${factor}/versions/1`), {
      properties: { ...properties, tags: { champion: '2026-01-01T00:00:00Z' } },
    });
    await registry.call('PUT', registry.arm(`/models/m${factor}/versions/2`), { properties });
  }
  await first.stop();
  const file = path.join(stateDir, 'documents', 'machineLearning.models.versions.jsonl');
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const factor of factors) {
    const line = lines.find((each) => each.includes(`"m${factor}:2"`))!;
    const copy = (version: number) =>
      line.replace(`"m${factor}:2"`, `"m${factor}:${version}"`).replace('"version":"2"', `"version":"${version}"`);
    const copies = Array.from({ length: 100 * factor - 2 }, (_, index) => `${copy(index + 3)}\n`);
    appendFileSync(file, copies.join(''));
  }
  const { azure, stop } = await startAzureProcess(stateDir);
  const took: number[] = [];
  try {
    const connection = benchConnection(azure);
    const network = { certificateAuthorities: readFileSync(azure.caFile, 'utf8') };
    const session = new AzureSession(serviceConnectionOf(connection), network);
    const models = new Models(new Workspace(session, connection.resourceGroup, connection.workspace));
    for (const factor of factors) {
      await azure.requests.clear();
      const champion = await models.champion(`m${factor}`);
      const newest = await models.list(`m${factor}`, { top: 50 });
      if (champion?.version !== '1' || newest[0]?.version !== String(100 * factor)) throw new Error('Other versions.');
      took.push((await azure.requests.list()).filter(({ url }) => url.includes('/models/')).length);
    }
  } finally {
    await stop();
  }
  const name = 'requests for the champion and the newest of 100, 1,000, 10,000 versions';
  return [{ name, unit: '', took, order: 'constant', by: 'counted' }];
}

async function rows(scratch: string): Promise<Grown[]> {
  const took = await measured('predictions', 10_000, (count) => {
    const file = path.join(scratch, `predictions-${count}.csv`);
    const lines = Array.from(
      { length: count },
      (_, index) => `${index},${index % 7},${(index % 7) + (index % 3) / 10}`,
    );
    writeFileSync(file, `id,label,prediction\n${lines.join('\n')}\n`);
    return file;
  });
  return grownBy('an interval from 10,000, 100,000, 1,000,000 rows', took, { memory: 'linear' });
}

async function requests(): Promise<Grown[]> {
  const server = createServer((request, response) => {
    request.resume();
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const took = await measured('load', 100, () => origin);
    return grownBy('a load of 100, 1,000, 10,000 requests', took, { requests: 'linear', memory: 'constant' });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Of each the least of three runs: what else the machine does only adds. */
async function measured(kind: string, count: number, prepare: (count: number) => string): Promise<Took[]> {
  const program = await bundled('growth/work.ts');
  const took: Took[] = [];
  for (const factor of factors) {
    const where = prepare(count * factor);
    const runs: Took[] = [];
    for (let run = 0; run < 3; run++) {
      const args = [program, kind, String(count * factor), where];
      runs.push(await measuredProcess<Took>(process.execPath, args, process.env));
    }
    const least = (field: keyof Took) => Math.min(...runs.map((each) => each[field]));
    took.push({ requests: least('requests'), cpuSeconds: least('cpuSeconds'), megabytes: least('megabytes') });
  }
  return took;
}

function grownBy(what: string, took: readonly Took[], orders: { requests?: Order; memory: Order }): Grown[] {
  const of = (field: keyof Took) => took.map((each) => each[field]);
  return [
    ...(orders.requests
      ? [
          {
            name: `requests for ${what}`,
            unit: '',
            took: of('requests'),
            order: orders.requests,
            by: 'counted' as const,
          },
        ]
      : []),
    { name: `processor time for ${what}`, unit: 's', took: of('cpuSeconds'), order: 'linear', by: 'measured' },
    { name: `memory for ${what}`, unit: 'MB', took: of('megabytes'), order: orders.memory, by: 'measured' },
  ];
}
