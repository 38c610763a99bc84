/** What a run of the quickstart left, kept beside the pictures so that they can be drawn again without running it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../../local/agent/run/runRecord';
import type { Attachment } from '../../views/reports';
import { root } from '../taskManifest';

export interface Evidence {
  attachments: Attachment[];
  /** Markdown of Evaluate's summary, which is also its comment on a pull request. */
  summary: string;
}

const folder = join(root, 'images', 'source', 'run');
const attachmentsFile = join(folder, 'attachments.json');
const summaryFile = join(folder, 'evaluate.md');

export function readEvidence(): Evidence {
  if (!existsSync(attachmentsFile))
    throw new Error('There is no run to draw: npm run pictures -- --run .local/runs/latest');
  return {
    attachments: JSON.parse(readFileSync(attachmentsFile, 'utf8')) as Attachment[],
    summary: readFileSync(summaryFile, 'utf8'),
  };
}

/** What the steps of a local run attached, and Evaluate's summary. */
export function evidenceOf(runFolder: string): Evidence {
  const text = (file: string): string => readFileSync(join(runFolder, file), 'utf8');
  const { stages } = JSON.parse(text('run.json')) as RunRecord;
  const steps = stages.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
  const summary = steps.find(({ task }) => task === 'MLOpsEvaluate@1')?.summaries[0];
  if (!summary)
    throw new Error(`${runFolder} has no step MLOpsEvaluate@1 with a summary: give the folder of a quickstart run.`);
  return {
    attachments: steps.flatMap(({ displayName, attachments }) =>
      attachments.map(({ type, name, file }) => ({
        type,
        name,
        step: displayName,
        stepName: displayName,
        content: text(file),
      })),
    ),
    summary: text(summary.file),
  };
}

export function keepEvidence({ attachments, summary }: Evidence): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(attachmentsFile, `${JSON.stringify(attachments, null, 1)}\n`);
  writeFileSync(summaryFile, summary);
}
