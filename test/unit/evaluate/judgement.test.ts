import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import sinon from 'sinon';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import type { EvaluateInputs } from '../../../tasks/Evaluate/inputs';
import { judgeCandidate } from '../../../tasks/Evaluate/judgement';
import type { Services } from '../../../tasks/Evaluate/services';
import { serviceConnection } from '../../support/serviceConnection';
import { taskContext } from '../../support/taskContext';
import { modelVersion } from './modelVersion';

const version = (number: string, changes: Partial<RegisteredModel> = {}) =>
  modelVersion({ name: 'cost', version: number, jobName: `job-${number}`, ...changes });

interface World {
  candidate?: Partial<RegisteredModel>;
  champion?: string | RegisteredModel;
  /** Of the job's run, by version. */
  metrics?: Record<string, Record<string, number>>;
  tags?: Record<string, Record<string, string>>;
  /** Where the job's data inputs point, by version. */
  data?: Record<string, string>;
  /** What the job left, by version and path. */
  files?: Record<string, Record<string, string>>;
  services?: Partial<Services>;
  signal?: AbortSignal;
  inputs?: Partial<EvaluateInputs>;
}

describe('Evaluate: the judgement', () => {
  let directory: string;
  before(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'judgement-'));
  });
  after(() => fs.rmSync(directory, { recursive: true }));

  async function judge(text: string, world: World = {}) {
    const { champion, metrics = { 7: { rmse: 2 }, 3: { rmse: 3 } }, tags = {}, data = {}, files = {} } = world;
    const of = (job: string) => job.replace('job-', '');
    const services = {
      models: {
        champion: async () => (typeof champion === 'string' ? version(champion) : champion),
        find: async (_: string, number: string) => version(number),
        withTags: async () => [],
      },
      running: async () => new Map<string, string>(),
      runs: {
        run: async (job: string) => ({ metrics: metrics[of(job)] ?? {}, params: {}, tags: tags[of(job)] ?? {} }),
      },
      jobs: {
        find: async (job: string) =>
          data[of(job)] && { properties: { inputs: { rows: { jobInputType: 'uri_file', uri: data[of(job)] } } } },
      },
      evaluations: { measure: () => Promise.reject(new Error('not asked for')) },
      artifacts: {
        list: async (job: string) => Object.keys(files[of(job)] ?? {}).map((each) => ({ path: each, url: '' })),
        download: async (job: string, name: string, to: string) => {
          fs.writeFileSync(to, files[of(job)]![name]!);
          return true;
        },
      },
      ...world.services,
    } as unknown as Services;
    const { context, traces } = taskContext(directory, world.signal && { signal: world.signal });
    const { criteria, problems } = parseCriteria(text);
    assert.deepEqual(problems, []);
    const inputs: EvaluateInputs = {
      ...{ connection: serviceConnection, criteria, champion: 'tagged', firstModel: 'skipComparison' },
      ...{ metricsFrom: 'auto', requireModelCard: false, onRejection: 'fail' },
      ...{ publishTestResults: false, postToPullRequest: false },
      ...world.inputs,
    };
    const judgement = await judgeCandidate(version('7', world.candidate), inputs, services, context, directory);
    return { ...judgement, decided: judgement.decision.decision, said: traces.warnings };
  }

  const csv = (error: number, columns = 'id,label,prediction') =>
    [
      columns,
      ...Array.from({ length: 60 }, (_, row) => {
        const cells = { id: `r${row}`, label: row, prediction: row + error * (row % 2 ? 0.6 : -Math.sqrt(1.64)) };
        return columns
          .split(',')
          .map((name) => cells[name as keyof typeof cells])
          .join(',');
      }),
    ].join('\n');
  const predictions = (own: number, other?: number) => ({
    7: { 'predictions.csv': csv(own) },
    ...(other === undefined ? {} : { 3: { 'predictions.csv': csv(other) } }),
  });

  describe('compares', () => {
    it('with the version that is named', async () => {
      const inputs = { champion: 'version', championVersion: '3' } as const;
      const { decided, champion, sources } = await judge('rmse < champion', { inputs });
      assert.deepEqual([decided, champion?.version, sources.champion], ['approved', '3', 'the job job-3']);
    });

    it('what an evaluation job measured of both, and says nothing of the data of their trainings', async () => {
      const measure = sinon.stub().resolves([
        { metrics: { rmse: 5 }, source: 'the evaluation job a' },
        { metrics: { rmse: 4 }, source: 'the evaluation job b' },
      ]);
      const { decided, sources, warnings } = await judge('rmse < champion', {
        champion: '3',
        tags: { 7: { 'data.sha256': 'a' }, 3: { 'data.sha256': 'b' } },
        services: { evaluations: { measure } },
        inputs: { evaluation: { spec: {}, source: {} } as unknown as EvaluateInputs['evaluation'] },
      });
      assert.equal(decided, 'rejected');
      assert.deepEqual(sources, { candidate: 'the evaluation job a', champion: 'the evaluation job b' });
      const [, models] = measure.firstCall.args as [unknown, RegisteredModel[]];
      assert.deepEqual([models.map((each) => each.version), warnings], [['7', '3'], []]);
    });
  });

  describe('says that both were measured on different data', () => {
    const different = { tags: { 7: { 'data.sha256': 'a' }, 3: { 'data.sha256': 'b' } } };
    for (const [what, text, world, isSaid] of [
      ['by the hashes that their jobs logged', 'rmse < champion', different, true],
      ['by where their data lie', 'rmse < champion', { data: { 7: 'azureml:t:1', 3: 'azureml:t:2' } }, true],
      ['not where these are the same', 'rmse < champion', { data: { 7: 'azureml:t:1', 3: 'azureml:t:1' } }, false],
      ['not where nothing is compared', 'rmse < 5', different, false],
      [
        'not where no job is known',
        'rmse < champion',
        { ...different, candidate: { jobName: undefined, tags: { rmse: '2' } } },
        false,
      ],
    ] as Array<[string, string, World, boolean]>) {
      // prettier-ignore
      it(what, async () => {
        const { warnings, decided } = await judge(text, { champion: '3', ...world });
        assert.equal(decided, 'approved');
        assert.deepEqual(
          warnings.map((each) => each.startsWith('Candidate and champion were measured on different data')),
          isSaid ? [true] : [],
        );
      });
    }

    it('not where it cannot be found out, which decides nothing; but ends where the step was cancelled', async () => {
      const refusing = {
        ...different,
        champion: '3',
        services: { jobs: { find: () => Promise.reject(new Error('403')) } },
      };
      const { decided, warnings } = await judge('rmse < champion', refusing);
      assert.deepEqual([decided, warnings], ['approved', []]);
      const signal = AbortSignal.abort(new Error('cancelled'));
      await assert.rejects(judge('rmse < champion', { ...refusing, signal }), /403|cancelled/);
    });
  });

  describe('with confidence', () => {
    const sure = 'rmse < champion with 95% confidence';

    it('warns where the value of the rows is not the logged one, by more than a hundredth', async () => {
      for (const [logged, isSaid] of [
        [1, false],
        [1.009, false],
        [0.991, false],
        [1.02, true],
        [0.98, true],
      ] as const) {
        const metrics = { 7: { rmse: logged }, 3: { rmse: 2 } };
        const { warnings, decided } = await judge(sure, { champion: '3', metrics, files: predictions(1, 2) });
        assert.equal(decided, 'approved');
        assert.deepEqual(
          warnings,
          isSaid
            ? [`rmse is 1 by the predictions, but ${logged} by the job job-7; the criterion "${sure}" judges by the predictions.`] // prettier-ignore
            : [],
        );
      }
      const unlogged = { champion: '3', metrics: { 7: { mae: 1 }, 3: {} }, files: predictions(1, 2) };
      assert.deepEqual((await judge(sure, unlogged)).warnings, []);
    });

    it('asks for predictions where there is something to be sure of, and for those of the champion where it is compared', async () => {
      assert.equal((await judge(sure)).decided, 'approved', 'a comparison with nobody is skipped');
      const alone = await judge('rmse < 5 with 95% confidence');
      assert.match(alone.decision.reason, /the candidate's job left no predictions/);
      assert.equal((await judge('rmse < 5 with 95% confidence', { files: predictions(1) })).decided, 'approved');
      const compared = await judge(sure, { champion: '3', files: predictions(1) });
      assert.match(compared.decision.reason, /the champion's job left no predictions/);
    });

    it('over so many looks takes rows that can be known again', async () => {
      const nameless = { 7: { 'predictions.csv': csv(1, 'prediction').replace('prediction', 'loss') } };
      const { decision } = await judge('loss < 100 with 95% confidence over 2 looks', { files: nameless });
      assert.match(decision.reason, /can be counted only where the predictions have a column id or label/);
    });
  });

  describe('by reports on the data', () => {
    const share = 'evidently.drift.share_of_drifted_columns';

    it('finds none where no job is known', async () => {
      const candidate = { jobName: undefined, tags: { rmse: '2' } };
      const { decision } = await judge(`${share} <= 0.2`, { candidate });
      assert.match(decision.reason, /no report of Evidently for no job is known that made the model/);
    });

    it('looks into fifty files, those first that are called like reports', async () => {
      const report = JSON.stringify({ metrics: [{ metric_name: 'DriftedColumnsCount()', value: { count: 1, share: 0.1 } }], tests: [] }); // prettier-ignore
      const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`a${index}.json`, '{}']));
      const named = await judge(`${share} <= 0.2`, { files: { 7: { ...many, 'z/drift.json': report } } });
      assert.equal(named.decided, 'approved');
      const { decision } = await judge(`${share} <= 0.2`, { files: { 7: { ...many, 'z/zzz.json': report } } });
      assert.match(decision.reason, /among the 50 of 61 JSON files that the job job-7 left/);
    });
  });

  it('leaves plots out that cannot be had, with a word; but ends where the step was cancelled', async () => {
    const artifacts = { list: () => Promise.reject(new Error('503')), download: async () => true };
    const { decided, plots, said } = await judge('rmse < 5', { services: { artifacts } });
    assert.deepEqual([decided, plots], ['approved', { markdown: [], pictures: [] }]);
    assert.deepEqual(said, ['Plots of the candidate are left out: 503']);
    const signal = AbortSignal.abort(new Error('cancelled'));
    await assert.rejects(judge('rmse < 5', { services: { artifacts }, signal }));
  });
});
