import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TaskStepResult } from '../../local/agent/taskStep';
import { localCloud } from '../../local/azure/context';
import { append, emptyRecord } from '../../tasks/common/record/chain';
import type { ModelRecord } from '../../tasks/common/record/record';
import { runBuiltTask, TestJob } from '../support/agent';
import { workspaceId } from '../support/mlWorkspace';
import { connection, type World } from './world';

/** Something big that a task meets, and what must come of it. */
interface Size {
  name: string;
  /** Done, or refused with one clear error. */
  ends: 'succeeded' | 'failed';
  /** Upper bounds, on a machine that has other work. */
  seconds: number;
  megabytes: number;
  /** Makes what is big, before time and memory are measured. */
  prepare?(world: World): Promise<void>;
  run(world: World): Promise<TaskStepResult>;
  /** What is wrong with the result. */
  check?(result: TaskStepResult): string | undefined;
}

export interface Measured {
  name: string;
  seconds: number;
  /** Peak of the task's process, VmHWM. */
  megabytes: number;
  ends: Size['ends'];
  /** Upper bounds of both. */
  limits: { seconds: number; megabytes: number };
  problem?: string;
}

const environment = 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04';

function train(world: World, script: string, inputs: Record<string, string> = {}): Promise<TaskStepResult> {
  return runBuiltTask('Train', {
    job: new TestJob('build', world.azure),
    refName: `size_${Date.now()}`,
    files: { 'src/train.py': script },
    inputs: {
      ...connection,
      sourceDirectory: 'src',
      command: 'python train.py',
      environment,
      compute: localCloud.compute,
      experimentName: `size-${Date.now()}`,
      ...inputs,
    },
  });
}

/** Logs metric points by MLflow's REST API, a thousand at a time. */
const manyPoints = `
import json, os, ssl, urllib.request
context = ssl.create_default_context(cafile=os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"])
for batch in range(100):
    points = [{"key": f"m{p % 20}", "value": p, "timestamp": p, "step": batch * 50 + p // 20} for p in range(1000)]
    body = {"run_id": os.environ["MLFLOW_RUN_ID"], "metrics": points}
    urllib.request.urlopen(urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-batch",
        json.dumps(body).encode(), {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"}), context=context)
`;

/** Logs metrics whose names every object of JavaScript has already. */
const oddMetrics = `
import json, os, ssl, urllib.request
context = ssl.create_default_context(cafile=os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"])
points = [{"key": key, "value": 1, "timestamp": 1, "step": 0} for key in ["__proto__", "constructor", "rmse"]]
body = {"run_id": os.environ["MLFLOW_RUN_ID"], "metrics": points}
urllib.request.urlopen(urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-batch",
    json.dumps(body).encode(), {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"}), context=context)
`;

const modelOnly = `
import pathlib
pathlib.Path("outputs/model").mkdir(parents=True)
pathlib.Path("outputs/model/model.json").write_text("{}")
`;

const manyName = 'of-many-versions';

/** The first is champion; the last is better. */
async function manyVersions({ ml }: World): Promise<void> {
  const { subscriptionId, resourceGroup, workspace } = localCloud;
  const modelUri = `azureml://subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/workspaces/${workspace}/datastores/workspaceblobstore/paths/models/many`;
  for (let version = 1; version <= 5000; version++) {
    const tags = version === 1 ? { champion: '2026-01-01T00:00:00Z', rmse: '2' } : { rmse: '1' };
    const properties = { modelType: 'custom_model', modelUri, tags };
    await ml.call('PUT', ml.arm(`/models/${manyName}/versions/${version}`), { properties });
  }
}

/** Answers every request with this. */
async function endpoint(answer: string): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/score`;
  return { url, close: () => void (server.closeAllConnections(), server.close()) };
}

async function test(answer: string, requests: unknown[], files: Record<string, string> = {}): Promise<TaskStepResult> {
  const server = await endpoint(answer);
  try {
    return await runBuiltTask('TestEndpoint', {
      files: { 'requests.json': JSON.stringify(requests), ...files },
      inputs: {
        scoringUri: server.url,
        requestsFile: 'requests.json',
        negativeTests: 'none',
        loadDurationInSeconds: '0',
        ...(files['mlops-record.json'] ? { recordFile: 'mlops-record.json' } : {}),
      },
    });
  } finally {
    server.close();
  }
}

function modelRecord(name: string, version: string): ModelRecord {
  const { subscriptionId, resourceGroup, workspace } = localCloud;
  return append(emptyRecord(), 'model', {
    name,
    version,
    id: `${workspaceId}/models/${name}/versions/${version}`,
    type: 'custom_model',
    uri: 'azureml://x',
    workspace: { subscriptionId, resourceGroup, name: workspace },
  });
}

/** A record whose evaluation has so many metrics. */
function bigRecord(metrics: number): string {
  const evaluation = {
    decision: 'approved' as const,
    reason: 'rmse 4 <= 5',
    criteria: [],
    metrics: Object.fromEntries(
      Array.from({ length: metrics }, (_, index) => [`a metric with a longer name ${index}`, index]),
    ),
    champion: null,
    evaluatedAt: '2026-01-01T00:00:00Z',
  };
  return JSON.stringify(append(modelRecord('big', '1'), 'evaluation', evaluation));
}

const deep = '['.repeat(20_000) + ']'.repeat(20_000);

const sizes: Size[] = [
  {
    name: 'a job log of 200 MB, 2 million lines',
    ends: 'succeeded',
    seconds: 180,
    megabytes: 150,
    run: (world) =>
      train(world, 'line = "x" * 99 + "\\n"\nimport sys\nfor _ in range(2000): sys.stdout.write(line * 1000)'),
    check: ({ log }) => {
      const lines = log.filter((line) => line === 'x'.repeat(99)).length;
      return lines === 2_000_000 ? undefined : `${lines} of 2,000,000 lines were shown`;
    },
  },
  {
    name: 'one line of 50 MB in a job log',
    ends: 'succeeded',
    seconds: 60,
    megabytes: 250,
    run: (world) => train(world, 'print("x" * 50_000_000)'),
    check: ({ log }) => {
      const shown = log.reduce((sum, line) => sum + (/^x+$/.test(line) ? line.length : 0), 0);
      return shown === 50_000_000 ? undefined : `${shown} of 50,000,000 characters were shown`;
    },
  },
  {
    name: '100,000 metric points',
    ends: 'succeeded',
    seconds: 90,
    megabytes: 250,
    run: (world) => train(world, manyPoints),
  },
  {
    name: 'metrics named `__proto__` and `constructor`',
    ends: 'succeeded',
    seconds: 60,
    megabytes: 150,
    run: (world) => train(world, oddMetrics),
    check({ outputs }) {
      const names = Object.keys(JSON.parse(outputs.metrics ?? '{}') as object).sort();
      return names.join() === '__proto__,constructor,rmse' ? undefined : `the metrics are ${names.join(', ')}`;
    },
  },
  {
    name: '5,000 versions of a model: the next one',
    ends: 'succeeded',
    seconds: 60,
    megabytes: 150,
    prepare: manyVersions,
    run: (world) => train(world, modelOnly, { modelName: manyName }),
    check: ({ outputs }) => (outputs.modelVersion === '5001' ? undefined : `it became ${outputs.modelVersion}`),
  },
  {
    name: '5,000 versions of a model: a champion among them',
    ends: 'succeeded',
    seconds: 60,
    megabytes: 150,
    run: (world) =>
      runBuiltTask('Evaluate', {
        job: new TestJob('build', world.azure),
        files: { 'mlops-record.json': JSON.stringify(modelRecord(manyName, '5000')) },
        inputs: {
          ...connection,
          recordFile: 'mlops-record.json',
          criteria: 'rmse < champion',
          metricsFrom: 'model',
        },
      }),
    check: ({ outputs }) =>
      outputs.championVersion === '1' ? undefined : `compared with version ${outputs.championVersion}`,
  },
  {
    name: 'a job file of 100 MB',
    ends: 'failed',
    seconds: 30,
    megabytes: 250,
    run: (world) =>
      runBuiltTask('Train', {
        job: new TestJob('build', world.azure),
        files: { 'job.yml': `command: python train.py\n# ${'x'.repeat(100_000_000)}\n` },
        inputs: { ...connection, jobSource: 'file', jobFile: 'job.yml' },
      }),
  },
  {
    name: 'a Conda file of 76 MB',
    ends: 'failed',
    seconds: 30,
    megabytes: 250,
    run: (world) => {
      const condaFile = `dependencies:\n${'  - python=3.11\n'.repeat(5_000_000)}`;
      return runBuiltTask('Train', {
        job: new TestJob('build', world.azure),
        files: { 'src/train.py': '', 'conda.yml': condaFile },
        inputs: {
          ...connection,
          sourceDirectory: 'src',
          command: 'python train.py',
          condaFile: 'conda.yml',
          compute: localCloud.compute,
        },
      });
    },
  },
  {
    name: 'an answer 20,000 levels deep',
    ends: 'failed',
    seconds: 30,
    megabytes: 250,
    run: () => test(deep, [{ request: {}, expected: [1] }]),
  },
  {
    name: '10,000 requests',
    ends: 'succeeded',
    seconds: 240,
    megabytes: 300,
    run: () =>
      test(
        '[1]',
        Array.from({ length: 10_000 }, (_, index) => ({ name: `request ${index}`, request: {}, expected: [1] })),
      ),
  },
  {
    name: 'a record of 5 MB',
    ends: 'succeeded',
    seconds: 60,
    megabytes: 350,
    run: () => test('[1]', [{ request: {}, expected: [1] }], { 'mlops-record.json': bigRecord(100_000) }),
  },
];

/** Lets the tasks meet the sizes of these names, and measures them. */
export async function measureSizes(world: World, only: RegExp, done: (measured: Measured) => void): Promise<void> {
  for (const size of sizes.filter(({ name }) => only.test(name))) {
    await size.prepare?.(world);
    let megabytes = 0;
    const watch = setInterval(() => (megabytes = Math.max(megabytes, peakOfTasks())), 100);
    const began = performance.now();
    const result = await size.run(world).finally(() => clearInterval(watch));
    const seconds = (performance.now() - began) / 1000;
    const { name, ends } = size;
    const limits = { seconds: size.seconds, megabytes: size.megabytes };
    done({ name, ends, limits, seconds, megabytes, problem: problemOf(size, result, seconds, megabytes) });
  }
}

function problemOf(size: Size, result: TaskStepResult, seconds: number, megabytes: number): string | undefined {
  const errors = result.issues.filter(({ type }) => type === 'error').map(({ message }) => message);
  const isAsExpected = size.ends === 'failed' ? result.result === 'failed' : /^succeeded/.test(result.result);
  if (!isAsExpected) return `it ${result.result}: ${errors.join(' ').slice(0, 300)}`;
  if (errors.some((message) => /failed unexpectedly|Maximum call stack/.test(message)))
    return errors.join(' ').slice(0, 300);
  if (seconds > size.seconds) return `more than ${size.seconds} s`;
  if (megabytes > size.megabytes) return `more than ${size.megabytes} MB`;
  return size.check?.(result);
}

/** In megabytes, of the tasks that this process runs. */
function peakOfTasks(): number {
  const peaks = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        if (Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) !== process.pid) return 0;
        if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${path.sep}tasks${path.sep}`)) return 0;
        return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
      } catch {
        return 0;
      }
    });
  return Math.max(0, ...peaks);
}
