/** Local Azure: how soon it answers, and how it stands with what a team leaves in it over the years. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MlWorkspace } from '../test/support/mlWorkspace';
import { startAzureProcess, type AzureProcess } from './azureProcess';
import { copyJob, openRegistry, registerModels, runJob } from './localAzure/fill';
import { rounds, timePages } from './localAzure/pages';
import { median, toRow, type Measurement, type Row } from './rows';

const starts = 5;
const models = 10_000;
const jobs = 5_000;
const images = 1_000;

export async function bench(): Promise<Row[]> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-local-azure-'));
  const stateDir = path.join(scratch, 'azure');
  let running: AzureProcess | undefined;
  const start = async (directory: string): Promise<AzureProcess> => (running = await startAzureProcess(directory));
  const stop = async (): Promise<void> => running?.stop();
  try {
    // The first makes the program's one file, and what the machine keeps of it.
    await start(path.join(scratch, 'first'));
    await stop();
    const empty: number[] = [];
    for (let round = 0; round < starts; round++) {
      empty.push((await start(path.join(scratch, `empty-${round}`))).seconds);
      await stop();
    }
    const bytes = await fill(await start(stateDir), async (job) => {
      await stop();
      copyJob(stateDir, job, jobs);
      return start(stateDir);
    });
    await stop();
    const { seconds, child, azure } = await start(stateDir);
    const pages = await timePages(new MlWorkspace(azure));
    const memory = megabytesOf(child.pid!);
    const full = `${models.toLocaleString('en')} models, ${jobs.toLocaleString('en')} jobs, ${images.toLocaleString('en')} images`;
    const method = `Local Azure as \`npm run local\` starts it, a process of its own, with ${full}; half of the models are versions of one, half of the images tags of one repository; the jobs are copies of one that ran. A page is the slowest of its list, the median of ${rounds} rounds; memory is the peak.`;
    const rows: Measurement[] = [
      { name: 'start, empty', ours: median(empty), unit: 's', goal: { atMost: 0.6 }, method },
      { name: `start with ${full}`, ours: seconds, unit: 's', method },
      ...pages.map((page): Measurement => ({ ...page, unit: 'ms', goal: { atMost: 50 }, method })),
      { name: `memory with ${full}`, ours: memory, unit: 'MB', goal: { atMost: 300 }, method },
      { name: 'state file when all models are written again', ours: bytes.twice, unit: 'bytes', reference: { name: 'written once', value: bytes.once }, goal: { ratioAtMost: 2 }, method }, // prettier-ignore
      { name: 'state file when all models are written three times', ours: bytes.thrice, unit: 'bytes', reference: { name: 'written once', value: bytes.once }, goal: { ratioAtMost: 2 }, method }, // prettier-ignore
    ];
    return rows.map((row) => toRow('localAzure', row));
  } finally {
    await stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @returns the bytes of the state files when all models were written once, twice and three times */
async function fill(
  { azure }: AzureProcess,
  restartWithJobs: (job: string) => Promise<AzureProcess>,
): Promise<{ once: number; twice: number; thrice: number }> {
  const { stateDir } = azure;
  await registerModels(new MlWorkspace(azure), models);
  const once = stateBytes(stateDir);
  await registerModels(new MlWorkspace(azure), models);
  const twice = stateBytes(stateDir);
  await registerModels(new MlWorkspace(azure), models);
  const thrice = stateBytes(stateDir);
  const job = await runJob(new MlWorkspace(azure));
  const restarted = await restartWithJobs(job);
  await openRegistry(restarted.azure).push(images);
  return { once, twice, thrice };
}

function stateBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.jsonl'))
    .reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
}

/** Peak of resident memory of a process; of Linux only. */
function megabytesOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}
