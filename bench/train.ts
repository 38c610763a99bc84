/** Train's upload of code and its log of a running job, beside azure-ai-ml's at the same local Azure. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startAzureProcess } from './azureProcess';
import type { Row } from './rows';
import { longJobRows, streamRows } from './train/followedLog';
import { sidesAt } from './train/sides';
import { uploadRows } from './train/uploads';

export async function bench(): Promise<Row[]> {
  const long = await longJobRows();
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-train-'));
  const { azure, stop } = await startAzureProcess(path.join(scratch, 'azure'));
  try {
    const sides = await sidesAt(azure);
    return [...(await uploadRows(sides, scratch)), ...(await streamRows(azure, sides)), ...long];
  } finally {
    await stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}
