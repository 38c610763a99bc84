import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { otherDifferences, readmeBlock, readmePipeline } from '../../projects/runner/readmePipeline';
import { projectNames, readProject } from '../../projects/runner/project';

describe('the pipeline of a project', () => {
  it('is README’s with the names of the local Azure', () => {
    const text = readmePipeline({});
    assert.match(text, /azureSubscription: quick-starts-sc/);
    assert.doesNotMatch(text, /my-(connection|group|workspace)/);
    assert.deepEqual(otherDifferences(parse(readmeBlock()), parse(text)), []);
  });

  it('takes names and paths, adds what a kind of project needs, and leaves out what it has not', () => {
    const text = readmePipeline({
      'MLOpsTrain@1': { sourceDirectory: 'src' },
      'MLOpsPackageImage@1': { packaging: 'mlflow', condaFile: null },
    });
    assert.match(text, /sourceDirectory: src\n/);
    assert.match(text, /packaging: mlflow/);
    assert.doesNotMatch(text, /scoring\/conda\.yml/);
  });

  for (const [task, input] of [
    ['MLOpsTestEndpoint@1', 'thresholds'],
    ['MLOpsTestEndpoint@1', 'tolerance'],
    ['MLOpsEvaluate@1', 'onRejection'],
    ['MLOpsDeployACI@1', 'startTimeoutInMinutes'],
    ['MLOpsPackageImage@1', 'selfTestRequest'],
  ] as const) {
    it(`does not take ${input} of ${task}`, () => {
      assert.throws(
        () => readmePipeline({ [task]: { [input]: 'x' } }),
        new RegExp(`${input} is neither a name nor a path`),
      );
    });
  }

  it('does not take a step that README has not', () => {
    assert.throws(() => readmePipeline({ 'Bash@3': { script: 'x' } }), /no step Bash@3/);
  });

  it('is told where it differs otherwise, an added step and a changed condition alike', () => {
    const readme = parse(readmeBlock()) as { stages: Array<{ condition?: string; jobs: Array<{ steps: unknown[] }> }> };
    const other = structuredClone(readme);
    other.stages[1]!.condition = 'always()';
    const added = other.stages[0]!.jobs[0]!.steps.push({ script: 'true' }) - 1;
    assert.deepEqual(otherDifferences(readme, other), [`stages.0.jobs.0.steps.${added}`, 'stages.1.condition']);
  });

  it('can be made for each project, of which there are twelve, and the recipes', () => {
    const projects = projectNames().map(readProject);
    assert.equal(projects.length, 13);
    assert.equal(projects.filter(({ pipeline }) => pipeline !== undefined).length, 10);
  });
});
