/** What Evaluate posts to a pull request: the built task, run on a model of a local run, with a stand-in for Azure Repos' API. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localCloud } from '../../local/azure/context';
import { startCloud } from '../../local/cloudProcess';
import { localDirectories } from '../../local/directories';
import { recordFileName } from '../../tasks/common/record/record';
import { runBuiltTask, TestJob } from '../../test/support/agent';
import { PullRequest } from '../../test/support/pullRequest';

export interface PullRequestPost {
  /** Markdown. */
  comment: string;
  status: { state: string; description: string; context: { genre: string; name: string } };
}

/** A bar that the quickstart's model does not reach: a rejection shows more than an approval. */
const criteria = 'rmse <= 500\nr2 >= 0.95\nrmse[clarity=I1] <= 1200\nrmse <= champion * 1.02';

/**
 * @param record text of the model record as Train left it
 * @param directory where the local Azure that trained the model keeps its state
 */
export async function postOfPullRequest(record: string, directory: string): Promise<PullRequestPost> {
  const cloud = await startCloud(localDirectories(directory), { tied: true });
  const pullRequest = new PullRequest(12);
  try {
    const job = new TestJob('build', cloud.azure);
    job.variables.set('System.PullRequest.PullRequestId', '12');
    job.variables.set('Build.Repository.ID', '7a1b2c3d-0000-4000-8000-000000000007');
    const folder = join(job.folders.artifacts, 'mlops');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, recordFileName), record);
    const inputs = {
      azureSubscription: localCloud.serviceConnectionId,
      criteria,
      champion: 'version',
      championVersion: '1',
      onRejection: 'continue',
    };
    const { log } = await runBuiltTask('Evaluate', { job, inputs, routes: pullRequest.routes });
    const comment = pullRequest.threads[0]?.comments[0]?.content;
    const status = pullRequest.statuses[0] as PullRequestPost['status'] | undefined;
    if (!comment || !status) throw new Error(`Evaluate posted nothing:\n${log.join('\n')}`);
    return { comment, status };
  } finally {
    if (!cloud.wasUp) await cloud.stop();
  }
}
