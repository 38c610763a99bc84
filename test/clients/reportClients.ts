import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differencesFromTold, type ToldReport } from '../support/toldReports';
import { pythonWith } from './installation';
import type { Client, Tried, World } from './world';

/** A tool that reports on data: it writes true reports, and what a criterion finds in them must be what the tool itself says. */
const reporting = (name: string, version: string, script: string): Client => ({
  name,
  version,
  install: () => pythonWith(`requirements-${script}.txt`),
  run: async ({ execute }: World, python) => {
    const folder = mkdtempSync(join(tmpdir(), `${script}-reports-`));
    try {
      const { status, output } = await execute(python, [join(__dirname, 'python', `${script}_reports.py`), folder]);
      const lines = output.split('\n').filter((line) => line.startsWith('{"report"'));
      const tried = lines.map((line) => outcomeOf(folder, JSON.parse(line) as ToldReport));
      if (status === 0 && tried.length > 0) return tried;
      return [...tried, { operation: 'write reports', outcome: 'wrong', detail: output.slice(-300) }];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

function outcomeOf(folder: string, told: ToldReport): Tried {
  const wrong = differencesFromTold(folder, told);
  return { operation: told.report, outcome: wrong.length > 0 ? 'wrong' : 'right', detail: wrong.join('; ') };
}

export const reportClients: Client[] = [
  reporting('great-expectations', '1.24.1', 'ge'),
  reporting('pandera', '0.35.0', 'pandera'),
  reporting('evidently', '0.7.23', 'evidently'),
  reporting('evidently, older API', '0.4.40', 'evidently4'),
  reporting('deepchecks', '0.19.1', 'deepchecks'),
];
