import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
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

  it('have the defaults of task.json', async () => {
    const { inputs, problems } = await read();
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
      requireModelCard: false,
    });
  });

  it('are read each from the input of its name', async () => {
    const metricsFile = file('metrics.json', '{}');
    const { inputs, problems } = await read({
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
      dataReports: undefined,
      evaluation: undefined,
      gitHub: undefined,
      onRejection: 'warn',
      publishTestResults: false,
      postToPullRequest: false,
      requireModelCard: false,
      recordFile: metricsFile,
    });
  });

  it('take every choice of task.json', async () => {
    for (const [name, choices] of Object.entries({
      champion: ['tagged', 'none'],
      firstModel: ['skipComparison', 'reject'],
      metricsFrom: ['auto', 'job', 'model'],
      onRejection: ['fail', 'warn', 'continue'],
    })) {
      for (const choice of choices) {
        const { inputs, problems } = await read({ [name]: choice });
        assert.deepEqual([inputs[name as 'onRejection'], problems], [choice, []]);
      }
    }
  });

  it('pass over what another choice does not use', async () => {
    const { inputs, problems } = await read({ championVersion: '3', metricsFile: file('m.json', '{}') });
    assert.deepEqual([inputs.championVersion, inputs.metricsFile, problems], [undefined, undefined, []]);
  });

  it('demand the criteria of both the input and the file', async () => {
    const { inputs, problems } = await read({ criteriaFile: file('criteria.txt', '# why\nmae <= 4\n') });
    assert.deepEqual([inputs.criteria.map(({ text }) => text), problems], [['rmse <= 5', 'mae <= 4'], []]);
  });

  it('take the text for the model card', async () => {
    const modelCard = file('card.md', '---\nlicense: mit\n---\n# Uses\n\nNone.');
    const { inputs, problems } = await read({ modelCard, requireModelCard: 'true' });
    assert.deepEqual([problems, inputs.requireModelCard], [[], true]);
    assert.deepEqual(inputs.modelCard?.sections, [{ title: 'Uses', level: 1, text: 'None.' }]);
    assert.deepEqual((await read({ requireModelCard: 'true' })).problems, [
      'modelCard: it is required when requireModelCard is on. Name the Markdown file that describes intended use and limits.',
    ]);
    const [missing, ...others] = (await read({ modelCard: join(folder, 'none.md'), requireModelCard: 'true' }))
      .problems;
    assert.match(missing!, /^modelCard: the file .*none\.md does not exist\./);
    assert.deepEqual(others, []);
    const broken = file('broken.md', '---\nlicense: [\n---\n');
    assert.match((await read({ modelCard: broken })).problems[0]!, /^modelCard: its front matter is not YAML/);
    const long = file('long.md', 'x'.repeat(300_000));
    assert.match((await read({ modelCard: long })).problems[0]!, /^modelCard: The file .* has 0\.3 MB, more than/);
  });

  it('need a criterion', async () => {
    const none = { criteria: '' };
    assert.deepEqual((await read(none)).problems, [
      'criteria: no criterion is given. Write one per line, e.g. rmse <= 5.0.',
    ]);
    assert.deepEqual((await read({ criteria: '# only a comment' })).problems, ['criteria: it has no criterion.']);
    const empty = { ...none, criteriaFile: file('empty.txt', '# nothing\n') };
    assert.deepEqual((await read(empty)).problems, ['criteriaFile: it has no criterion.']);
    const [missing, ...others] = (await read({ ...none, criteriaFile: join(folder, 'missing.txt') })).problems;
    assert.match(missing!, /^criteriaFile: the file .*missing\.txt does not exist\./);
    assert.deepEqual(others, []);
  });

  it('say where a criterion is wrong', async () => {
    const { problems } = await read({ criteria: 'rmse <= 5\nrmse <', criteriaFile: file('wrong.txt', 'mae ! 5') });
    assert.match(problems[0]!, /^criteria: line 2, column \d+: /);
    assert.match(problems[1]!, /^criteriaFile: line 1, column \d+: /);
  });

  it('belong together', async () => {
    assert.deepEqual((await read({ champion: 'version' })).problems, [
      'championVersion: it is required when champion is "version". Name the version to compare with.',
    ]);
    assert.deepEqual((await read({ champion: 'none', criteria: 'rmse < champion' })).problems, [
      'criteria: "rmse < champion" compares with the champion, but the input champion is "none".',
    ]);
    assert.deepEqual((await read({ champion: 'none' })).problems, []);
    assert.deepEqual((await read({ metricsFrom: 'file' })).problems, [
      'metricsFile: it is required when metricsFrom is "file". Name the JSON file with the metrics.',
    ]);
  });

  it('name a file by which both models are measured', async () => {
    const job = file(
      'job.yml',
      'command: python e.py ${{inputs.model}}\nenvironment: azureml:e:1\ninputs:\n  model: {type: custom_model, path: azureml:m:1}\n',
    );
    const { inputs, problems } = await read({ evaluationJobFile: job });
    assert.deepEqual(problems, []);
    assert.ok(inputs.evaluation, 'the file is read');
    assert.deepEqual((await read({ evaluationJobFile: job, metricsFrom: 'job' })).problems, [
      'metricsFrom: leave it at "auto" where evaluationJobFile is set: the evaluation measures the models.',
    ]);
    const wrong = await read({ evaluationJobFile: file('wrong.yml', 'command: [') });
    assert.match(wrong.problems.join(), /^evaluationJobFile: /);
    assert.equal(wrong.inputs.evaluation, undefined);
    const missing = await read({ evaluationJobFile: join(folder, 'missing.yml') });
    assert.match(missing.problems.join(), /^evaluationJobFile: the file .* does not exist/);
  });

  describe('of reports on the data', () => {
    const drift = '{"metrics": [], "tests": []}';
    const reports = (dataReports: string, criteria = 'evidently.drift.share_of_drifted_columns <= 0.2') =>
      read({ dataReports, criteria });

    it('take a file, a folder and a pattern', async () => {
      mkdirSync(join(folder, 'reports', 'deep'), { recursive: true });
      const one = file('reports/one.json', drift);
      file('reports/deep/two.json', drift);
      file('reports/deep/notes.txt', 'no report');
      const names = async (input: string) =>
        (await reports(input)).inputs.dataReports?.map((each) => basename(each.file));
      assert.deepEqual(await names(one), ['one.json']);
      assert.deepEqual(await names(join(folder, 'reports')), ['two.json', 'one.json']);
      assert.deepEqual(await names(join(folder, 'reports', '*.json')), ['one.json']);
      assert.deepEqual(await names(`${join(folder, 'reports')}\n# why\n!${join(folder, '**', 'two.json')}`), [
        'one.json',
      ]);
    });

    it('are called by a path that says nothing of the agent, wherever they are', async () => {
      mkdirSync(join(folder, 'temp'));
      const outside = file('temp/drift.json', drift);
      const names = async () => (await reports(outside)).inputs.dataReports?.map((each) => each.file);
      assert.deepEqual(await names(), ['drift.json']);
      process.env.AGENT_WORKFOLDER = folder;
      try {
        assert.deepEqual(await names(), ['temp/drift.json']);
      } finally {
        delete process.env.AGENT_WORKFOLDER;
      }
    });

    it('are called by different names, so that none is judged by another', async () => {
      for (const name of ['a', 'b']) mkdirSync(join(folder, name));
      const input = `${file('a/report.json', drift)}\n${file('b/report.json', drift)}`;
      assert.deepEqual(
        (await reports(input)).inputs.dataReports?.map((each) => each.file),
        ['a/report.json', 'b/report.json'],
      );
    });

    it('name each file that is missing or no report', async () => {
      const { problems } = await reports(`${join(folder, 'gone', '*.json')}\n${file('rmse.json', '{"rmse": 3}')}`);
      assert.equal(problems.length, 2);
      assert.match(problems[0]!, /^dataReports: line 1: no file .*gone.*\.json exists\./);
      assert.match(problems[1]!, /^dataReports: The data report .*rmse\.json is JSON of something else\. Expected is/);
    });

    it('cannot be compared with the champion, whose data they do not tell', async () => {
      const compared = 'evidently.drift.share_of_drifted_columns <= champion';
      assert.match((await reports(file('d.json', drift), compared)).problems.join(), /^criteria: ".*" compares with the champion, but the reports in dataReports are of this/); // prettier-ignore
      assert.deepEqual((await read({ criteria: compared })).problems, []);
    });

    it('have no rows for confidence', async () => {
      const sure = 'ge.success_percent >= 90 with 95% confidence';
      assert.match((await read({ criteria: `rmse <= 5\n${sure}` })).problems.join(), /^criteria: line 2: ".*": a report of Great Expectations has no rows/); // prettier-ignore
    });
  });
});
