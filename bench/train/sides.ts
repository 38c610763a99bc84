/** Who is measured: Train's own code, and azure-ai-ml, at the same local Azure. */
import path from 'node:path';
import type { LocalAzure } from '../../local/azure/connection/localAzure';
import { benchConnection } from '../benchConnection';
import { bundled, measuredProcess, pythonWith } from '../measuredProcess';

export const reference = 'azure-ai-ml';
const referenceVersion = '1.35.2';

export interface Result {
  seconds: number;
  cpuSeconds: number;
  /** Peak of resident memory. */
  megabytes: number;
  /** Resident memory before the work. */
  base: number;
  requests: number;
}

export type Side = (work: 'upload' | 'stream', what: string, onLine?: (line: string) => void) => Promise<Result>;
export type Sides = Record<'ours' | 'theirs', Side>;

export async function sidesAt(azure: LocalAzure): Promise<Sides> {
  const connection = { BENCH_CONNECTION: JSON.stringify(benchConnection(azure)) };
  const script = await bundled('train/ours.ts');
  const python = pythonWith(reference, referenceVersion);
  const theirEnvironment = { ...process.env, ...connection, REQUESTS_CA_BUNDLE: azure.caFile, PYTHONUNBUFFERED: '1' };
  return {
    ours: (work, what, onLine) =>
      measuredProcess(
        process.execPath,
        [script, work, what],
        { ...process.env, ...azure.environment, ...connection },
        onLine,
      ),
    theirs: (work, what, onLine) =>
      measuredProcess(python, [path.join(__dirname, 'reference.py'), work, what], theirEnvironment, onLine),
  };
}
