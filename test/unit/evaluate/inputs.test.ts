import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readInputs } from '../../../tasks/Evaluate/inputs';
import { readTaskInputs } from '../../support/readTaskInputs';

const least = { azureSubscription: 'c', criteria: 'rmse <= 5' };
const read = (given: Record<string, string> = {}) => readTaskInputs('Evaluate', readInputs, { ...least, ...given });

describe('the inputs of Evaluate', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evaluate-inputs-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  it('have the defaults of task.json', () => {
    const { inputs, problems } = read();
    assert.deepEqual(problems, []);
    const { connection, criteria, ...rest } = inputs;
    assert.equal(connection.subscriptionId, 'subscription-1');
    assert.deepEqual(
      criteria.map(({ text }) => text),
      ['rmse <= 5'],
    );
    assert.deepEqual(JSON.parse(JSON.stringify(rest)), {
      champion: 'tagged',
      firstModel: 'skipComparison',
      metricsFrom: 'auto',
      onRejection: 'fail',
      publishTestResults: true,
      postToPullRequest: true,
    });
  });

  it('are read each from the input of its name', () => {
    const metricsFile = file('metrics.json', '{}');
    const { inputs, problems } = read({
      resourceGroup: 'rg',
      workspace: 'w',
      champion: 'version',
      championVersion: '3',
      firstModel: 'reject',
      metricsFrom: 'file',
      metricsFile,
      onRejection: 'warn',
      publishTestResults: 'false',
      postToPullRequest: 'false',
      recordFile: metricsFile,
    });
    assert.deepEqual(problems, []);
    const { connection: _, criteria: __, ...rest } = inputs;
    assert.deepEqual(rest, {
      resourceGroup: 'rg',
      workspace: 'w',
      champion: 'version',
      championVersion: '3',
      firstModel: 'reject',
      metricsFrom: 'file',
      metricsFile,
      evaluation: undefined,
      gitHub: undefined,
      onRejection: 'warn',
      publishTestResults: false,
      postToPullRequest: false,
      recordFile: metricsFile,
    });
  });

  it('take every choice of task.json', () => {
    for (const [name, choices] of Object.entries({
      champion: ['tagged', 'none'],
      firstModel: ['skipComparison', 'reject'],
      metricsFrom: ['auto', 'job', 'model'],
      onRejection: ['fail', 'warn', 'continue'],
    })) {
      for (const choice of choices) {
        const { inputs, problems } = read({ [name]: choice });
        assert.deepEqual([inputs[name as 'onRejection'], problems], [choice, []]);
      }
    }
  });

  it('pass over what another choice does not use', () => {
    const { inputs, problems } = read({ championVersion: '3', metricsFile: file('m.json', '{}') });
    assert.deepEqual([inputs.championVersion, inputs.metricsFile, problems], [undefined, undefined, []]);
  });

  it('demand the criteria of both the input and the file', () => {
    const { inputs, problems } = read({ criteriaFile: file('criteria.txt', '# why\nmae <= 4\n') });
    assert.deepEqual([inputs.criteria.map(({ text }) => text), problems], [['rmse <= 5', 'mae <= 4'], []]);
  });

  it('need a criterion', () => {
    const none = { criteria: '' };
    assert.deepEqual(read(none).problems, ['criteria: no criterion is given. Write one per line, e.g. rmse <= 5.0.']);
    assert.deepEqual(read({ criteria: '# only a comment' }).problems, ['criteria: it has no criterion.']);
    const empty = { ...none, criteriaFile: file('empty.txt', '# nothing\n') };
    assert.deepEqual(read(empty).problems, ['criteriaFile: it has no criterion.']);
    const [missing, ...others] = read({ ...none, criteriaFile: join(folder, 'missing.txt') }).problems;
    assert.match(missing!, /^criteriaFile: the file .*missing\.txt does not exist\./);
    assert.deepEqual(others, []);
  });

  it('say where a criterion is wrong', () => {
    const { problems } = read({ criteria: 'rmse <= 5\nrmse <', criteriaFile: file('wrong.txt', 'mae ! 5') });
    assert.match(problems[0]!, /^criteria: line 2, column \d+: /);
    assert.match(problems[1]!, /^criteriaFile: line 1, column \d+: /);
  });

  it('belong together', () => {
    assert.deepEqual(read({ champion: 'version' }).problems, [
      'championVersion: it is required when champion is "version". Name the version to compare with.',
    ]);
    assert.deepEqual(read({ champion: 'none', criteria: 'rmse < champion' }).problems, [
      'criteria: "rmse < champion" compares with the champion, but the input champion is "none".',
    ]);
    assert.deepEqual(read({ champion: 'none' }).problems, []);
    assert.deepEqual(read({ metricsFrom: 'file' }).problems, [
      'metricsFile: it is required when metricsFrom is "file". Name the JSON file with the metrics.',
    ]);
  });

  it('name a file by which both models are measured', () => {
    const job = file(
      'job.yml',
      'command: python e.py ${{inputs.model}}\nenvironment: azureml:e:1\ninputs:\n  model: {type: custom_model, path: azureml:m:1}\n',
    );
    const { inputs, problems } = read({ evaluationJobFile: job });
    assert.deepEqual(problems, []);
    assert.ok(inputs.evaluation, 'the file is read');
    assert.deepEqual(read({ evaluationJobFile: job, metricsFrom: 'job' }).problems, [
      'metricsFrom: leave it at "auto" where evaluationJobFile is set: the evaluation measures the models.',
    ]);
    const wrong = read({ evaluationJobFile: file('wrong.yml', 'command: [') });
    assert.match(wrong.problems.join(), /^evaluationJobFile: /);
    assert.equal(wrong.inputs.evaluation, undefined);
    const missing = read({ evaluationJobFile: join(folder, 'missing.yml') });
    assert.match(missing.problems.join(), /^evaluationJobFile: the file .* does not exist/);
  });
});
