import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readInputs } from '../../../tasks/Train/inputs';
import { readTaskInputs } from '../../support/readTaskInputs';

const least = {
  azureSubscription: 'c',
  resourceGroup: 'g',
  workspace: 'w',
  command: 'python train.py',
  environment: 'azureml:e:1',
};

describe('Train: what the data must meet', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'data-checks-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const report = (name: string, more = '') => {
    writeFileSync(join(folder, name), `{"SCHEMA": {}, "DATA": {}}${more}`);
    return join(folder, name);
  };
  const problems = async (given: Record<string, string>) =>
    (await readTaskInputs('Train', readInputs, { ...least, ...given })).problems;

  it('is asked of reports, line by line', async () => {
    const dataReports = report('pandera.json');
    const { inputs, problems } = await readTaskInputs('Train', readInputs, {
      ...least,
      dataReports,
      dataChecks: '# the schema\npandera.errors == 0',
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      inputs.dataChecks?.criteria.map(({ line, text }) => [line, text]),
      [[2, 'pandera.errors == 0']],
    );
    assert.deepEqual(
      inputs.dataChecks.reports.map(({ tool }) => tool),
      ['pandera'],
    );
    assert.equal((await readTaskInputs('Train', readInputs, least)).inputs.dataChecks, undefined);
  });

  it('needs both the lines and the reports', async () => {
    assert.match(
      (await problems({ dataChecks: 'ge.success == 1' })).join(),
      /^dataReports: it is empty, and dataChecks are/,
    );
    assert.match(
      (await problems({ dataReports: report('p.json') })).join(),
      /^dataChecks: it is empty, so that dataReports/,
    );
    const comment = { dataReports: report('p.json'), dataChecks: '# later' };
    assert.deepEqual(await problems(comment), ['dataChecks: it has no line that says what the data must meet.']);
  });

  it('names the line of whatever is no such line, all at once', async () => {
    const found = await problems({
      dataReports: `${report('one.json')}\n${report('two.json', ' ')}`,
      dataChecks: [
        'pandera.one.errors == 0',
        'rmse <= 3',
        'pandera.one.errors <= champion',
        'pandera.one.errors ! 0',
        'pandera.one.errors <= 3 with 95% confidence',
        'pandera.errors == 0',
      ].join('\n'),
    });
    assert.deepEqual(
      found.map((each) => each.slice(0, 56)),
      [
        'dataChecks: line 2: rmse is not a value of a report on d',
        'dataChecks: line 3: "pandera.one.errors <= champion" com',
        'dataChecks: line 4: column 20: "!" has no meaning in a c',
        'dataChecks: line 5: "pandera.one.errors <= 3 with 95% co',
        'dataChecks: line 6: there are several reports of pandera',
      ],
    );
    assert.match(found[4]!, /one\.json and .*two\.json: say which, as in /);
  });

  it('comes too late for a job that was started before', async () => {
    const existing = { jobSource: 'existing', jobName: 'j', dataChecks: 'ge.success == 1' };
    assert.match((await problems(existing)).join(), /^dataChecks: the job was started before/);
  });
});
