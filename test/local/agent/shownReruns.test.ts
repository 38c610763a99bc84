import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pipelinesIn, shownPipelines } from '../../../scripts/yamlPipelines';
import { root, agentTaskFolders, readTask } from '../../../scripts/taskManifest';
import { classicPlan } from '../../../local/agent/classic/classicPlan';
import { pipelineText, type PipelineFacts } from '../../../local/init/pipelineText';
import type { FakeTask } from './fakeTask';
import { Agent } from './pipelineAgent';

/**
 * Each of the five tasks as a stand-in that leaves a record, as they do even when they fail, and fails where a file in the
 * temporary folder of the test says so.
 */
function standIns(failing: string): FakeTask[] {
  return agentTaskFolders().map((folder) => {
    const { id, name, inputs } = readTask(folder);
    return {
      id,
      name,
      inputs: inputs.map((input) => ({ name: input.name, type: 'string' })),
      main: `
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const folder = (${JSON.stringify(name)} === 'MLOpsDeployACI' || ${JSON.stringify(name)} === 'MLOpsTestEndpoint'
  ? process.env.PIPELINE_WORKSPACE : process.env.BUILD_ARTIFACTSTAGINGDIRECTORY) + '/mlops';
mkdirSync(folder, { recursive: true });
writeFileSync(folder + '/mlops-record.json', '{}');
console.log('##vso[task.setvariable variable=mlops.recordFile]' + folder + '/mlops-record.json');
const failing = ${JSON.stringify(failing)};
const fails = existsSync(failing) && readFileSync(failing, 'utf8') === ${JSON.stringify(name)};
console.log('##vso[task.complete result=' + (fails ? 'Failed' : 'Succeeded') + ';]');`,
    };
  });
}

const project: PipelineFacts = {
  name: 'churn',
  training: { file: 'src/train.py', folder: 'src', command: 'python train.py', source: '' },
  trainingConda: 'conda.yml',
  modelPath: undefined,
  criteria: ['auc >= champion'],
  modelCard: 'model-card.md',
  serving: { kind: 'mlflow' },
  servingEnvironment: { condaFile: 'conda.yml' },
  hasGoldenRequests: true,
  requestsFile: undefined,
};

function wholePipelines(): Array<[place: string, text: string]> {
  const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
  const [readme] = pipelinesIn(read('README.md'), 'README.md').filter(({ text }) => /^stages:/m.test(text));
  return [
    ['README', readme!.text],
    ['the quickstart', read('examples/quickstart/azure-pipelines.yml')],
    ['init', pipelineText(project)],
  ];
}

describe('the pipelines that users copy', () => {
  for (const [place, text] of wholePipelines()) {
    for (const folder of agentTaskFolders()) {
      const { name } = readTask(folder);
      it(`that of ${place} is green when ${name} has failed once and its job is rerun`, async () => {
        const failing = path.join(new Agent().root, 'failing');
        writeFileSync(failing, name);
        const agent = new Agent(standIns(failing));
        const first = await agent.run(text);
        assert.equal(first.result, 'failed');
        const isRelease = ['MLOpsDeployACI', 'MLOpsTestEndpoint'].includes(name);
        const left = first.artifacts.map((artifact) => artifact.name);
        assert.equal(left.includes('mlops'), isRelease, left.join(', '));
        if (!isRelease) assert.ok(existsSync(path.join(agent.folder, 'artifacts/mlops-failed-1/mlops-record.json')));

        writeFileSync(failing, '');
        const second = await agent.run(text, { rerun: { run: first, folder: agent.folder } });
        const issues = second.stages.flatMap(({ jobs }) =>
          jobs.flatMap((job) => job.steps.flatMap((step) => step.issues)),
        );
        assert.equal(second.result, 'succeeded', JSON.stringify(issues));
      });
    }
  }

  for (const folder of ['Train', 'Evaluate', 'PackageImage']) {
    const { name } = readTask(folder);
    it(`that of the classic build template is green when ${name} has failed once and its job is rerun`, async () => {
      const failing = path.join(new Agent().root, 'failing');
      writeFileSync(failing, name);
      const agent = new Agent(standIns(failing));
      const chosen = { azureSubscription: 'a', resourceGroup: 'b', workspace: 'c' };
      const plan = classicPlan('build', { tasks: agent.catalog(), chosen, set: {} });
      const first = await agent.runPlan(plan);
      assert.equal(first.result, 'failed');
      assert.ok(existsSync(path.join(agent.folder, 'artifacts/mlops-failed-1/mlops/mlops-record.json')));

      writeFileSync(failing, '');
      const second = await agent.runPlan(plan, { rerun: { run: first, folder: agent.folder } });
      assert.equal(
        second.result,
        'succeeded',
        JSON.stringify(second.stages[0]!.jobs[0]!.steps.map(({ issues }) => issues)),
      );
      assert.ok(existsSync(path.join(agent.folder, 'artifacts/mlops/mlops/mlops-record.json')));
    });
  }

  // A name that a failed attempt takes is taken from the attempt after it.
  for (const { place, text } of shownPipelines()) {
    const publications = [...text.matchAll(/- publish: .*\n((?: +\S.*\n?)*)/g)].map(([, keys]) => keys!);
    // One that takes the tasks from a template publishes there.
    if (publications.length === 0 || !/task: MLOps\w+@/.test(text)) continue;
    it(`that at ${place} publishes on failure under names with the attempt`, () => {
      for (const keys of publications) {
        if (/^ *condition:/m.test(keys)) assert.match(keys, /artifact: \S+-failed-\$\(System\.JobAttempt\)/);
      }
      assert.ok(
        publications.some((keys) => /condition: and\(failed\(\)/.test(keys)),
        'what a failed attempt leaves is lost',
      );
    });
  }
});
