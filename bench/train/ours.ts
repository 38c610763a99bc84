/** Train's own upload and log at the same work as the reference: `upload <folder>` or `stream <job>`. Prints JSON on stderr at its end. */
import http from 'node:http';
import https from 'node:https';
import { BlobTransfer } from '../../tasks/common/azure/storage/blobTransfer';
import { uploadSnapshot } from '../../tasks/common/azure/ml/codeSnapshot';
import { followJob } from '../../tasks/common/azure/ml/jobs/follow/followJob';
import { Jobs } from '../../tasks/common/azure/ml/jobs/rest/jobs';
import { RunHistory } from '../../tasks/common/azure/ml/jobs/follow/runHistory';
import { Tracking } from '../../tasks/common/azure/ml/metrics';
import { AzureSession } from '../../tasks/common/azure/http/session';
import { Workspace } from '../../tasks/common/azure/ml/workspace';
import { systemClock } from '../../tasks/common/clock';
import { MetricsWatch } from '../../tasks/Train/metricsWatch';
import { serviceConnectionOf, type BenchConnection } from '../benchConnection';

let requests = 0;
for (const module of [http, https]) {
  const send = module.request as (...given: unknown[]) => http.ClientRequest;
  module.request = (...given: unknown[]) => {
    requests++;
    return send(...given);
  };
}

const settings = JSON.parse(process.env.BENCH_CONNECTION!) as BenchConnection;
const log = {
  info: (text: string) => console.log(text),
  debug: () => {},
  warning: (text: string) => console.log(text),
  error: (text: string) => console.log(text),
  group: () => {},
  endGroup: () => {},
  progress: () => {},
  taken: async () => {},
};

async function main(work: string, what: string): Promise<void> {
  const workspace = new Workspace(
    new AzureSession(serviceConnectionOf(settings)),
    settings.resourceGroup,
    settings.workspace,
  );
  const transfer = new BlobTransfer(workspace.session);
  const { signal } = new AbortController();
  await workspace.resource();
  const base = process.memoryUsage.rss() / 1024 ** 2;
  const cpu = process.cpuUsage();
  const started = performance.now();
  if (work === 'upload') {
    await uploadSnapshot(workspace, transfer, what, { log, signal });
  } else {
    const jobs = new Jobs(workspace);
    const metrics = new MetricsWatch(new Tracking(workspace), what, log, systemClock, signal);
    const history = new RunHistory(workspace);
    const ports = { log, clock: systemClock, signal, jobs, history, transfer, watch: () => metrics.look() };
    await followJob((await jobs.find(what))!, { allRanks: false }, ports);
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const megabytes = process.resourceUsage().maxRSS / 1024;
  console.error(`\n${JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, megabytes, base, requests })}`);
}

void main(process.argv[2]!, process.argv[3]!);
