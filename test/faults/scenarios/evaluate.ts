import { readFileSync } from 'node:fs';
import path from 'node:path';
import { localCloud } from '../../../local/azure/context';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import { recordFileName, type ModelRecord } from '../../../tasks/common/record/record';
import { writeRecord } from '../../../tasks/common/record/recordFile';
import { runBuiltTask, TestJob } from '../../support/agent';
import { workspaceId, type MlWorkspace } from '../../support/mlWorkspace';
import type { Scenario } from '../scenario';
import { connection, type World } from '../world';
import { jobStates, leftJobs, runningJobs } from './train';

/** Logs a metric by MLflow's REST API and leaves predictions; the error is the first argument, or stands in the model. */
const measuring = `
import json, os, pathlib, random, ssl, sys, urllib.request
def log(key, value):
    body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": key, "value": value, "timestamp": 1, "step": 0}
    request = urllib.request.Request(os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric",
        json.dumps(body).encode(), {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"})
    urllib.request.urlopen(request, context=ssl.create_default_context(cafile=os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"]))
given = sys.argv[1]
if os.path.exists(given):
    given = (next(pathlib.Path(given).rglob("model.json")) if os.path.isdir(given) else pathlib.Path(given)).read_text()
rng = random.Random(3)
rows = [(i, i * 0.5, i * 0.5 + rng.gauss(0, 1) * float(given)) for i in range(400)]
log("rmse", (sum((p - y) ** 2 for _, y, p in rows) / len(rows)) ** 0.5)
pathlib.Path("outputs/model").mkdir(parents=True)
pathlib.Path("outputs/model/model.json").write_text(given)
pathlib.Path("outputs/predictions.csv").write_text("id,label,prediction\\n" + "".join(f"{i},{y},{p}\\n" for i, y, p in rows))
`;

export const evaluationJob = `
type: command
command: python measuring.py \${{inputs.model}}
code: .
environment:
  image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04
compute: azureml:${localCloud.compute}
inputs:
  model:
    type: custom_model
    path: azureml:any-model@latest
`;

/** Two trainings, the second the better one; models of any name are registered from them. */
let trainings: Promise<string[]> | undefined;

async function train(ml: MlWorkspace): Promise<string[]> {
  const codeId = await ml.code({ 'measuring.py': measuring });
  const environmentId = await ml.environment();
  const jobs: string[] = [];
  for (const error of [1, 0.5]) {
    const job = await ml.submit({ command: `python measuring.py ${error}`, codeId, environmentId });
    await ml.untilEnd(job);
    jobs.push(job);
  }
  return jobs;
}

function recordOf(model: string): ModelRecord {
  const { subscriptionId, resourceGroup, workspace } = localCloud;
  return append(emptyRecord(), 'model', {
    name: model,
    version: '2',
    id: `${workspaceId}/models/${model}/versions/2`,
    type: 'custom_model',
    uri: 'azureml://x',
    workspace: { subscriptionId, resourceGroup, name: workspace },
  });
}

/** Version 1 is the champion, version 2 the better one. */
export async function registerVersions({ ml }: World, model: string): Promise<void> {
  for (const [index, jobName] of (await (trainings ??= train(ml))).entries()) {
    const modelUri = `azureml://jobs/${jobName}/outputs/artifacts/paths/outputs/model/`;
    const tags = index === 0 ? { champion: '2026-01-01T00:00:00Z' } : {};
    const properties = { modelType: 'custom_model', tags, jobName, modelUri };
    await ml.call('PUT', ml.arm(`/models/${model}/versions/${index + 1}`), { properties });
  }
}

/** A job of the pipeline, and the record that it finds. */
export function evaluationOf(azure: World['azure'], model: string, id: string): { job: TestJob; file: string } {
  const job = new TestJob('build', azure);
  job.variables.set('Build.BuildId', id.replace(/\D/g, ''));
  const file = path.join(job.variables.get('Build.ArtifactStagingDirectory')!, 'mlops', recordFileName);
  writeRecord(file, recordOf(model));
  return { job, file };
}

function evaluation(name: string, inputs: Record<string, string>, jobs: number): Scenario {
  return {
    name,
    ends: 'succeeded',
    async prepare(world: World, id) {
      const { azure, ml } = world;
      const model = `${jobs > 0 ? 'measured' : 'judged'}-${id}`;
      const url = (version: number): string => ml.arm(`/models/${model}/versions/${version}`);
      await registerVersions(world, model);
      const { job, file } = evaluationOf(azure, model, id);
      return {
        run: (options) =>
          runBuiltTask('Evaluate', {
            ...options,
            job,
            files: {
              'evaluation/job.yml': evaluationJob,
              'evaluation/measuring.py': measuring,
              'evaluation/id.txt': id,
            },
            inputs: { ...connection, ...inputs },
          }),
        afterPostJob: (requests) => runningJobs(world, requests),
        async whenDone(result, requests, how) {
          const problems: string[] = [];
          const { decision } = (JSON.parse(readFileSync(file, 'utf8')) as ModelRecord).evaluation ?? {};
          if (decision !== 'approved') problems.push(`the record says ${decision}`);
          const { body } = (await ml.call('GET', url(2))) as {
            body: { properties: { tags: { evaluation?: string } } };
          };
          const said = body.properties.tags.evaluation;
          const warned = how?.lasting && result.issues.some(({ message }) => /tag/i.test(message));
          if (said !== 'approved' && !warned) problems.push(`the model is tagged ${said}`);
          const found = (await jobStates(world, requests)).map(({ status }) => status);
          const states = found.filter((status) => !(how?.afterKill && status === 'Canceled'));
          if (states.join() !== Array(jobs).fill('Completed').join())
            problems.push(`its jobs are ${states.join(', ')}`);
          return problems;
        },
        async whenFailed(result, requests) {
          const problems = (await leftJobs(world, result, requests)).filter(
            (each) => !/^2 jobs/.test(each) || jobs < 2,
          );
          const { body } = (await ml.call('GET', url(2))) as {
            body: { properties: { tags: { evaluation?: string } } };
          };
          if (body.properties.tags.evaluation === 'rejected') problems.push('the model is tagged rejected');
          return problems;
        },
      };
    },
  };
}

export const evaluate = evaluation('Evaluate', { criteria: 'rmse < champion with 95% confidence' }, 0);
export const evaluateByJobs = evaluation(
  'Evaluate (jobs)',
  { criteria: 'rmse < champion with 95% confidence', evaluationJobFile: 'evaluation/job.yml' },
  2,
);
