/** What a run of the quickstart left, kept beside the pictures so that they can be drawn again without running it. */
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunRecord } from '../../local/agent/run/runRecord';
import type { Attachment } from '../../views/reports';
import { attachmentTypes } from '../../tasks/common/record/attachmentTypes';
import { root } from '../taskManifest';
import { postOfPullRequest, type PullRequestPost } from './pullRequestPost';

export interface Evidence {
  attachments: Attachment[];
  /** Markdown of Evaluate's summary. */
  summary: string;
  post: PullRequestPost;
}

const folder = join(root, 'images', 'source', 'run');
const attachmentsFile = join(folder, 'attachments.json');
const summaryFile = join(folder, 'evaluate.md');
const postFile = join(folder, 'pull-request.json');

export function readEvidence(): Evidence {
  if (!existsSync(attachmentsFile))
    throw new Error('There is no run to draw: npm run pictures -- --run .local/runs/latest');
  return {
    attachments: JSON.parse(readFileSync(attachmentsFile, 'utf8')) as Attachment[],
    summary: readFileSync(summaryFile, 'utf8'),
    post: JSON.parse(readFileSync(postFile, 'utf8')) as PullRequestPost,
  };
}

/** What the steps of a local run attached, Evaluate's summary, and what it posts to a pull request of the same model. */
export async function evidenceOf(runFolder: string): Promise<Evidence> {
  const text = (file: string): string => readFileSync(join(runFolder, file), 'utf8');
  const { stages } = JSON.parse(text('run.json')) as RunRecord;
  const steps = stages.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
  const summary = steps.find(({ task }) => task === 'MLOpsEvaluate@1')?.summaries[0];
  const trained = steps
    .find(({ task }) => task === 'MLOpsTrain@1')
    ?.attachments.find(({ type }) => type === attachmentTypes.record);
  if (!summary || !trained)
    throw new Error(`${runFolder} has no Train and Evaluate with their results: give the folder of a quickstart run.`);
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
    // The run lies in runs/<number> of the folder that the local Azure keeps its state in.
    post: await postOfPullRequest(text(trained.file), dirname(dirname(realpathSync(runFolder)))),
  };
}

export function keepEvidence({ attachments, summary, post }: Evidence): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(attachmentsFile, `${JSON.stringify(attachments, null, 1)}\n`);
  writeFileSync(summaryFile, summary);
  writeFileSync(postFile, `${JSON.stringify(post, null, 1)}\n`);
}
