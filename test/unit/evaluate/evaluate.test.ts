import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import sinon from 'sinon';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { readRecord, writeRecord } from '../../../tasks/common/record/recordFile';
import type { TaskContext } from '../../../tasks/common/task/taskContext';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import { earlierApproval } from '../../../tasks/Evaluate/earlierDecision';
import { readDataReport } from '../../../tasks/common/dataReports/dataReport';
import { evaluateRecord } from '../../../tasks/Evaluate/evaluate';
import type { EvaluationSpec } from '../../../tasks/Evaluate/evaluationJob';
import type { EvaluateInputs } from '../../../tasks/Evaluate/inputs';
import type { Measurement } from '../../../tasks/Evaluate/measurement';
import type { Services } from '../../../tasks/Evaluate/services';
import { writtenCard } from '../common/modelCard/exampleRecord';
import { serviceConnection } from '../../support/serviceConnection';
import { taskContext } from '../../support/taskContext';

const now = Date.UTC(2026, 5, 1);

const version = (number: string, tags: Record<string, string> = {}): RegisteredModel => ({
  name: 'cost',
  version: number,
  id: `/models/cost/versions/${number}`,
  type: 'custom_model',
  uri: `azureml://jobs/job-${number}/outputs/artifacts/paths/model/`,
  jobName: `job-${number}`,
  tags,
  // As Train registers each model.
  properties: { 'azureml.git.build_id': '41', 'mlflow.source.git.commit': '1234' },
});

/** As the service filters: by `name`, or by `name=value`. */
function isTagged(tags: Record<string, string>, wanted: string): boolean {
  const [name, value] = wanted.split('=');
  return name! in tags && (value === undefined || tags[name!] === value);
}

interface World {
  /** Metrics by version. */
  metrics?: Record<string, Record<string, number>>;
  champion?: string;
  championError?: Error;
  registryTurnsReadOnly?: boolean;
  tags?: Record<string, string>;
  /** Versions that were judged before, with the tags that they got. */
  judgedBefore?: RegisteredModel[];
  /** The text of predictions.csv by version. */
  predictions?: Record<string, string>;
  /** Other files that the jobs left, by version and path. */
  files?: Record<string, Record<string, string>>;
  /** Names of container groups by the version that they run. */
  running?: Record<string, string>;
  lookAtRun?: sinon.SinonStub;
  /** Whether the server lets the build be tagged. */
  canTagBuild?: boolean;
  /** What an evaluation job measures. */
  measurements?: Measurement[];
  inputs?: Partial<EvaluateInputs> & { text?: string };
}

describe('Evaluate: the stage', () => {
  let directory: string;
  before(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'evaluate-'));
  });
  after(() => fs.rmSync(directory, { recursive: true }));
  let count = 0;

  const run = async (world: World) => {
    const {
      metrics = {},
      champion,
      championError,
      registryTurnsReadOnly,
      tags,
      measurements,
      inputs = {},
      judgedBefore = [],
      running = {},
      predictions = {},
      files = {},
      lookAtRun,
      canTagBuild = true,
    } = world;
    const home = path.join(directory, String(count++));
    fs.mkdirSync(home);
    const candidate = version('7', tags);
    const record = append(emptyRecord(), 'model', {
      name: 'cost',
      version: '7',
      id: candidate.id,
      type: candidate.type,
      uri: candidate.uri,
      workspace: { subscriptionId: 's', resourceGroup: 'g', name: 'w' },
    });
    const file = path.join(home, 'mlops-record.json');
    writeRecord(file, record);

    const models = {
      get: sinon.stub().resolves(candidate),
      find: sinon.stub().callsFake(async (_, number: string) => (number === '404' ? undefined : version(number))),
      champion: championError
        ? sinon.stub().rejects(championError)
        : sinon.stub().resolves(champion && version(champion, { champion: '2026' })),
      list: sinon.stub().resolves([candidate, version('6', { rmse: '3' }), version('5', { rmse: '4' })]),
      withTags: sinon
        .stub()
        .callsFake(async (_, [tag]: string[]) => judgedBefore.filter(({ tags }) => isTagged(tags, tag!))),
      tag: sinon.stub().resolves(candidate),
    };
    if (registryTurnsReadOnly)
      for (const stub of [models.list, models.withTags, models.tag]) stub.rejects(new Error('409'));
    const runs = {
      run:
        lookAtRun ??
        sinon.stub().callsFake(async (job: string) => {
          const of = metrics[job.replace('job-', '')];
          return of && { metrics: of, params: {}, tags: {} };
        }),
    };
    const leftBy = (number: string): Record<string, string> => ({
      ...(predictions[number] === undefined ? {} : { 'outputs/predictions.csv': predictions[number] }),
      ...files[number],
    });
    const services: Services = {
      models,
      running: async () => new Map(Object.entries(running)),
      runs,
      jobs: { find: sinon.stub().resolves(undefined) },
      evaluations: {
        measure: measurements ? sinon.stub().resolves(measurements) : sinon.stub().rejects(new Error('not asked for')),
      },
      artifacts: {
        list: sinon
          .stub()
          .callsFake(async (job: string) =>
            Object.keys(leftBy(job.replace('job-', ''))).map((each) => ({ path: each, url: '' })),
          ),
        download: sinon.stub().callsFake(async (job: string, name: string, to: string) => {
          fs.writeFileSync(to, leftBy(job.replace('job-', ''))[name]!);
          return true;
        }),
      },
    };
    const { context: base, traces } = taskContext(home);
    const { lines } = traces;
    const say = (text: string) => void lines.push(text);
    const publish = {
      ...base.publish,
      summary: sinon.stub(),
      testResults: sinon.stub(),
      picture: sinon.stub(),
      record: sinon.stub(),
      artifact: sinon.stub(),
      buildTag: sinon.stub().resolves(canTagBuild),
    };
    const context: TaskContext = {
      ...base,
      log: { ...base.log, debug: say, warning: say },
      clock: { now: () => now, sleep: async () => {} },
      pipeline: {
        ...base.pipeline,
        build: { ...base.pipeline.build!, url: 'https://dev.azure.com/x/_build/results?buildId=1' },
      },
      publish,
    };
    const { text = 'rmse < champion', ...rest } = inputs;
    const { criteria, problems } = parseCriteria(text);
    assert.deepEqual(problems, []);
    const result = await evaluateRecord(
      {
        connection: serviceConnection,
        criteria,
        champion: 'tagged',
        firstModel: 'skipComparison',
        metricsFrom: 'auto',
        requireModelCard: false,
        onRejection: 'fail',
        publishTestResults: true,
        postToPullRequest: true,
        ...rest,
      },
      context,
      services,
      { file, record, model: record.model! },
    );
    return {
      result,
      models,
      runs,
      publish,
      lines,
      home,
      artifacts: services.artifacts as unknown as { list: sinon.SinonStub; download: sinon.SinonStub },
      record: JSON.parse(fs.readFileSync(file, 'utf8')) as ModelRecord,
    };
  };

  describe('model card', () => {
    const metrics = { '7': { rmse: 2 }, '3': { rmse: 3 } };
    const written = (text: string) => ({
      metadata: {},
      sections: writtenCard(text).sections,
      sha256: 'a'.repeat(64),
    });
    const complete = '# Intended use\na\n# Misuse\nb\n# Limitations\nc\n# Ethics\nd\n# Training data\ne';
    const judged = { evaluation: 'approved', 'evaluation.at': '2026' };

    it('keeps in the record what people wrote, and links the card from the model version', async () => {
      const { record, models, result, publish } = await run({
        metrics,
        champion: '3',
        inputs: { modelCard: written('# Limitations\nc') },
      });
      assert.deepEqual(record.evaluation!.modelCard, written('# Limitations\nc'));
      assert.equal(result.outputs.decision, 'approved');
      assert.equal(
        models.tag.firstCall.args[2].modelCard,
        'https://dev.azure.com/x/_build/results?buildId=1&view=artifacts&type=publishedArtifacts',
      );
      assert.match(
        publish.summary.firstCall.args[1],
        /### Model card\n\nNot complete:\n\n- The section "Intended use" is missing/,
      );
      assert.match(publish.summary.firstCall.args[1], /artifacts of the build\]\(https:\/\/dev\.azure\.com\/x\/_build\/results\?buildId=1&/); // prettier-ignore
    });

    it('is a criterion where it is required', async () => {
      const { record, result } = await run({
        metrics,
        champion: '3',
        inputs: { modelCard: written('# Limitations\nTBD'), requireModelCard: true },
      });
      assert.equal(result.outcome, 'failed');
      assert.equal(record.evaluation!.decision, 'rejected');
      const { passed, candidate, limit, explanation } = record.evaluation!.criteria.at(-1)!;
      assert.deepEqual([passed, candidate, limit], [false, 5, 0]);
      assert.match(
        explanation,
        /has 5 gaps\. .*"Intended use" is missing.*"Limitations" still has "TBD".*data is not known/,
      );
      assert.match(record.evaluation!.reason, /^1 of 2 criteria does not hold: The model card has 5 gaps/);
    });

    it('approves as before where it is complete', async () => {
      const { record } = await run({
        metrics,
        champion: '3',
        inputs: { modelCard: written(complete), requireModelCard: true },
      });
      assert.equal(record.evaluation!.decision, 'approved');
      assert.equal(record.evaluation!.criteria.at(-1)!.explanation, 'The model card has no gap.');
    });

    it('takes an earlier approval back where the card has a gap, in the tags too', async () => {
      const first = await run({ metrics, champion: '3' });
      const tags = { ...judged, ...first.models.tag.firstCall.args[2] };
      const world = (text: string) => ({
        metrics,
        champion: '3',
        tags,
        inputs: { modelCard: written(text), requireModelCard: true },
      });
      const again = await run(world('# Limitations\nc'));
      assert.equal(again.record.evaluation!.decision, 'rejected');
      assert.equal(again.models.tag.firstCall.args[2].evaluation, 'rejected');
      const whole = await run(world(complete));
      assert.match(whole.record.evaluation!.reason, /was approved by these criteria/);
      assert.equal(whole.record.evaluation!.criteria.length, 2);
    });
  });

  describe('while no version is champion', () => {
    const approved = (number: string) =>
      version(number, { evaluation: 'approved', 'evaluation.at': `2026-0${number}-01` });
    const metrics = { '7': { rmse: 4 }, '2': { rmse: 9 }, '5': { rmse: 3 }, '8': { rmse: 1 } };

    it('compares with the newest earlier version that was approved, and says so', async () => {
      const world = { metrics, judgedBefore: [approved('8'), approved('2'), approved('5'), approved('7')] };
      const { result, record, lines } = await run(world);
      assert.equal(result.outputs.decision, 'rejected');
      assert.match(record.evaluation!.reason, /rmse is 4, but must be below 3/);
      assert.equal(record.evaluation!.champion?.version, '5');
      assert.match(lines.join('\n'), /No version is champion yet\. Compared with is version 5, the newest that was approved before on 2026-05-01/); // prettier-ignore
    });
    it('compares with the newest earlier version that runs, before those that were only approved', async () => {
      const world = { metrics, judgedBefore: [approved('5')], running: { '7': 'a', '2': 'b', '8': 'c', '404': 'd' } };
      const { record, lines } = await run(world);
      assert.equal(record.evaluation!.champion?.version, '2');
      assert.match(lines.join('\n'), /Compared with is version 2, which runs in the container group b\./);
    });
    it('compares with what was approved where only later versions run', async () => {
      const { record } = await run({ metrics, judgedBefore: [approved('5')], running: { '8': 'c' } });
      assert.equal(record.evaluation!.champion?.version, '5');
    });
    it('trusts no list that ignores what it was asked for', async () => {
      const { result } = await run({ metrics, judgedBefore: [version('5')] });
      assert.equal(result.outputs.decision, 'approved');
    });
    it('compares with nobody where the pipeline says so', async () => {
      const world = {
        metrics,
        judgedBefore: [approved('5')],
        inputs: { text: 'rmse <= 5', champion: 'none' as const },
      };
      assert.equal((await run(world)).result.outputs.championVersion, '');
    });
  });

  it('decides nothing where the run of the model cannot be found, and leaves no tag', async () => {
    const error = await run({ metrics: {} }).then(
      () => undefined,
      (each: Error) => each,
    );
    assert.match(String(error?.message), /its job job-7 cannot be found, so nothing is decided/);
  });

  it('believes that a run is not there only when it is told so again', async () => {
    const looks = sinon
      .stub()
      .onCall(2)
      .resolves({ metrics: { rmse: 2 }, params: {}, tags: {} });
    const { result } = await run({ lookAtRun: looks, inputs: { text: 'rmse <= 5' } });
    assert.equal(result.outputs.decision, 'approved');
  });

  it('writes the decision wherever it is looked for', async () => {
    const world = { metrics: { '7': { rmse: 2 }, '3': { rmse: 3 } }, champion: '3' };
    const { result, publish, home, record, models } = await run(world);
    // Whole and unaltered: a later stage would refuse it else.
    await readRecord(path.join(home, 'mlops-record.json'));
    assert.equal(result.outputs.championVersion, '3');
    assert.equal(result.outputs.reason, "rmse is 2, which is below 3 (the champion's 3).");
    assert.deepEqual(record.evaluation!.criteria[0], {
      text: 'rmse < champion',
      metric: 'rmse',
      passed: true,
      candidate: 2,
      champion: 3,
      limit: 3,
      explanation: "rmse is 2, which is below 3 (the champion's 3).",
    });
    assert.equal(record.evaluation!.evaluatedAt, '2026-06-01T00:00:00.000Z');
    assert.deepEqual(record.evaluation!.champion, { name: 'cost', version: '3' });
    assert.equal(JSON.parse(fs.readFileSync(path.join(home, 'eval_info.json'), 'utf8')).deploy_model, true);
    sinon.assert.calledOnceWithExactly(publish.buildTag, 'model-approved');
    const [, , tags] = models.tag.firstCall.args as [string, string, Record<string, string>];
    assert.equal(tags['evaluation.at'], '2026-06-01T00:00:00.000Z');
    assert.match(tags['evaluation.build']!, /buildId=1/);
    const [, summary] = publish.summary.firstCall.args as [string, string];
    assert.equal(
      summary,
      [
        '## ✅ cost version 7: approved',
        '',
        "rmse is 2, which is below 3 \\(the champion's 3\\).",
        '',
        '|  | criterion | candidate | champion \\(v3\\) | difference | limit | verdict |',
        '| --- | --- | ---: | ---: | ---: | ---: | --- |',
        "| ✅ | `rmse < champion` | 2 | 3 | −1 | 3 | rmse is 2, which is below 3 \\(the champion's 3\\). |",
        '',
        '### History',
        '',
        '- **rmse** █▅▁ 4 → 2 (versions 5 to 7)',
        '',
        'Candidate: version 7, measured by the job job-7. Champion: version 3, measured by the job job-3. The tab Model of this run shows its pictures: `history-rmse.svg`.',
        '',
        '[Model card in the artifacts of the build](https://dev.azure.com/x/_build/results?buildId=1&view=artifacts&type=publishedArtifacts)',
        '',
      ].join('\n'),
    );
  });

  it('keeps "there is no champion" apart from "the registry cannot be read"', async () => {
    const metrics = { '7': { rmse: 2 } };
    assert.equal((await run({ metrics })).result.outputs.decision, 'approved');
    await assert.rejects(run({ metrics, championError: new Error('403') }), /403/);
    // Even where no criterion compares.
    await assert.rejects(run({ metrics, championError: new Error('403'), inputs: { text: 'rmse < 5' } }), /403/);
  });

  it('does not take a version that does not exist for no champion', async () => {
    const inputs = { champion: 'version', championVersion: '404' } as const;
    await assert.rejects(run({ metrics: { '7': { rmse: 2 } }, inputs }), /has no version "404"/);
  });

  it('asks for nobody where champion is none', async () => {
    const { models, result } = await run({
      metrics: { '7': { rmse: 2 } },
      inputs: { text: 'rmse < 5', champion: 'none' },
    });
    sinon.assert.notCalled(models.champion);
    assert.equal(result.outputs.championVersion, '');
  });

  it('asks little of the registry, however many versions there are', async () => {
    const { models, runs } = await run({ metrics: { '7': { rmse: 2 }, '3': { rmse: 3 } }, champion: '3' });
    assert.equal(models.get.callCount + models.champion.callCount + models.list.callCount, 3);
    assert.deepEqual(models.list.firstCall.args, ['cost', { top: 20, isThere: true }]);
    assert.ok(runs.run.callCount <= 4);
  });

  it('does not compare the champion with itself', async () => {
    const world = { metrics: { '7': { rmse: 2 } }, champion: '7', inputs: { text: 'rmse < champion\nrmse < 1' } };
    const { record } = await run(world);
    assert.deepEqual(
      record.evaluation!.criteria.map(({ passed, skipped }) => [passed, skipped]),
      [
        [true, true],
        [false, undefined],
      ],
    );
  });

  describe('metrics', () => {
    it("are the job's, and only where it logged none the tags'", async () => {
      const tags = { rmse: '1', mae: '1' };
      const text = 'mae < 5';
      assert.equal(
        (await run({ metrics: { '7': { rmse: 9 } }, tags, inputs: { text } })).result.outputs.decision,
        'rejected',
      );
      assert.equal((await run({ tags, inputs: { text } })).result.outputs.decision, 'approved');
      assert.equal((await run({ metrics: { '7': { mae: 9 } }, tags, inputs: { text, metricsFrom: 'model' } })).result.outputs.decision, 'approved'); // prettier-ignore
      const none = { metrics: { '7': {} }, tags, inputs: { text, metricsFrom: 'job' as const } };
      assert.equal((await run(none)).result.outputs.decision, 'rejected');
      await assert.rejects(run({ ...none, metrics: {} }), /cannot be found, so nothing is decided/);
    });

    it('come from a file, of the candidate and of the champion if it names it', async () => {
      const file = (content: string) => {
        const name = path.join(directory, `metrics-${count++}.json`);
        fs.writeFileSync(name, content);
        return { metricsFrom: 'file', metricsFile: name } as const;
      };
      const decide = async (content: string) =>
        (await run({ metrics: { '3': { rmse: 3 } }, champion: '3', inputs: file(content) })).result.outputs.decision;
      assert.equal(await decide('{"rmse": 2}'), 'approved');
      assert.equal(await decide('{"rmse": "NaN"}'), 'rejected');
      assert.equal(await decide('{"candidate": {"rmse": 2}, "champion": {"rmse": 1}}'), 'rejected');
      assert.equal(await decide('{"candidate": {"rmse": 2}, "champion": {}}'), 'rejected');
      await assert.rejects(decide('{"rmse": null}'), /"rmse" is null, which is not a number/);
      await assert.rejects(decide('{"rmse": 2'), /is not JSON/);
      await assert.rejects(decide('[1]'), /it is not an object/);
    });
  });

  describe('a model that was approved before', () => {
    const earlier = async (text: string) => {
      const { models } = await run({ metrics: { '7': { rmse: 2 } }, inputs: { text } });
      return (models.tag.firstCall.args as [string, string, Record<string, string>])[2];
    };

    it('stays approved by the same criteria, though the champion has changed since', async () => {
      const tags = await earlier('rmse < champion # first');
      const { result, models, record } = await run({ metrics: { '7': { rmse: 2 }, '8': { rmse: 1 } }, champion: '8', tags, inputs: { text: 'rmse<champion' } }); // prettier-ignore
      assert.equal(result.outputs.decision, 'approved');
      assert.match(result.outputs.reason!, /was approved by these criteria on 2026-06-01.* has not changed since/);
      assert.equal(record.evaluation!.decision, 'approved');
      sinon.assert.notCalled(models.champion);
      sinon.assert.notCalled(models.tag);
    });

    it('vouches by its tags only for itself: copied to another version or other files they approve nothing', async () => {
      const tags = await earlier('rmse < champion');
      const inputs = { criteria: parseCriteria('rmse < champion').criteria, champion: 'tagged', firstModel: 'skipComparison', metricsFrom: 'auto' } as const; // prettier-ignore
      const judged = version('7', tags);
      assert.ok(earlierApproval(judged, inputs));
      for (const other of [version('9', tags), { ...judged, name: 'copied' }, { ...judged, uri: 'azureml://other' }]) {
        assert.equal(earlierApproval(other, inputs), undefined);
      }
    });

    it('is judged again by other criteria, after a rejection, and by metrics of a file', async () => {
      const world = { metrics: { '7': { rmse: 2 }, '8': { rmse: 1 } }, champion: '8' };
      const other = await run({ ...world, tags: await earlier('rmse < 5') });
      assert.equal(other.result.outputs.decision, 'rejected');
      const tags = { ...(await earlier('rmse < champion')), evaluation: 'rejected' };
      assert.equal((await run({ ...world, tags })).result.outputs.decision, 'rejected');
      const stricter = { text: 'rmse < champion', firstModel: 'reject' } as const;
      const first = await run({
        metrics: { '7': { rmse: 2 } },
        tags: await earlier('rmse < champion'),
        inputs: stricter,
      });
      assert.equal(first.result.outputs.decision, 'rejected');
      const metricsFile = path.join(directory, 'handed-over.json');
      fs.writeFileSync(metricsFile, '{"rmse": 9}');
      const inputs = { text: 'rmse < champion', metricsFrom: 'file', metricsFile } as const;
      const handedOver = await run({ ...world, tags: await earlier('rmse < champion'), inputs });
      assert.equal(handedOver.result.outputs.decision, 'rejected');
    });

    it('is judged again by an evaluation job, whose code and data may have changed though its file has not', async () => {
      const evaluation: EvaluationSpec = {
        spec: { command: 'python evaluate.py', environment: 'azureml:evaluation@latest', inputs: { model: 'x' } },
        source: { directory, writtenAs: () => undefined, place: () => '' },
      };
      const decide = async (measured: number, tags?: Record<string, string>) => {
        const measurements = [{ metrics: { rmse: measured }, source: 'the evaluation job e' }];
        return run({ tags, measurements, inputs: { text: 'rmse < 3', evaluation } });
      };
      const approved = await decide(2);
      assert.equal(approved.result.outputs.decision, 'approved');
      const tags = (approved.models.tag.firstCall.args as [string, string, Record<string, string>])[2];
      assert.equal((await decide(4, tags)).result.outputs.decision, 'rejected');
    });
  });

  it('fails where the build cannot be tagged with a rejection, and not where it is an approval', async () => {
    const world = { metrics: { '7': { rmse: 2 }, '3': { rmse: 3 } }, champion: '3', canTagBuild: false };
    for (const onRejection of ['continue', 'warn'] as const) {
      const { result, models } = await run({ ...world, inputs: { text: 'rmse < 1', onRejection } });
      assert.equal(result.outcome, 'failed');
      assert.match(
        result.reason ?? '',
        /is rejected\. .*without the tag model-rejected, a gate on this build would not know/,
      );
      sinon.assert.calledOnce(models.tag);
    }
    assert.equal((await run(world)).result.outcome, undefined);
  });

  it('decides though the tags cannot be written and the history cannot be read, and says so', async () => {
    const { result, lines } = await run({
      metrics: { '7': { rmse: 2 }, '3': { rmse: 3 } },
      champion: '3',
      registryTurnsReadOnly: true,
    });
    assert.equal(result.outputs.decision, 'approved');
    assert.ok(lines.some((line) => /could not be tagged with the decision: 409/.test(line)));
    assert.ok(lines.some((line) => /history of the metrics is left out: 409/.test(line)));
  });

  describe('the same rows again', () => {
    const rows = Array.from({ length: 100 }, (_, row) => row);
    const csv = (order: number[], error: number) =>
      ['id,label,prediction', ...order.map((row) => `r${row},${row},${row + error * (row % 2 ? 1 : -0.9)}`)].join('\n');
    const world = (criterion: string, judgedBefore: RegisteredModel[] = [], order = rows): World => ({
      champion: '3',
      metrics: { '7': { rmse: 0.95 }, '3': { rmse: 1.9 } },
      predictions: { '7': csv(order, 1), '3': csv(rows, 2) },
      judgedBefore,
      inputs: { text: criterion },
    });
    const plain = 'rmse < champion with 95% confidence';
    const tagAmong = (tags: Record<string, string>) =>
      Object.keys(tags).find((name) => name.startsWith('evaluation.rows.'));
    const tagOf = async (given: World) => {
      const { models } = await run(given);
      return tagAmong(models.tag.lastCall.args[2] as Record<string, string>)!;
    };
    const judged = (tag: string, ...versions: string[]) => versions.map((each) => version(each, { [tag]: '2026' }));

    it('are counted by versions, whatever the order of the rows, and a version once', async () => {
      const tag = await tagOf(world(plain));
      assert.match(tag, /^evaluation\.rows\.[0-9a-f]{16}$/);
      assert.equal(await tagOf(world(plain, [], [...rows].reverse())), tag);
      const { record, lines, publish } = await run(world(plain, judged(tag, '5', '6', '7')));
      assert.equal(record.evaluation!.decision, 'approved');
      assert.equal(record.evaluation!.holdout!.candidates, 3);
      assert.equal(record.evaluation!.holdout!.rows, 100);
      assert.ok(tag.endsWith(record.evaluation!.holdout!.sha256.slice(0, 16)));
      const worth = /3 candidates have been judged by these 100 rows, this one included: 95% for each is 85% for all/;
      assert.match(lines.join('\n'), worth);
      assert.match(publish.summary.lastCall.args[1] as string, worth);
    });

    it('are told from other rows, and from other labels', async () => {
      const tag = await tagOf(world(plain));
      const others = world(plain);
      const swapped = (text: string) => text.replace('r1,1,', 'r1,1.5,');
      others.predictions = { '7': swapped(csv(rows, 1)), '3': swapped(csv(rows, 2)) };
      assert.notEqual(await tagOf(others), tag);
      assert.notEqual(await tagOf(world(plain, [], rows.slice(1))), tag);
      const { lines, record } = await run(world(plain, judged('evaluation.rows.0123456789abcdef', '5')));
      assert.equal(record.evaluation!.holdout!.candidates, 1);
      assert.match(lines.join('\n'), /No other candidate has been judged by these 100 rows/);
    });

    it('are refused beyond the looks that a criterion is meant for', async () => {
      const twice = 'rmse < champion with 95% confidence over 2 looks';
      const tag = await tagOf(world(twice));
      assert.equal((await run(world(twice, judged(tag, '6')))).record.evaluation!.decision, 'approved');
      assert.equal((await run(world(twice, judged(tag, '6', '7')))).record.evaluation!.decision, 'approved');
      const { record, result } = await run(world(twice, judged(tag, '5', '6')));
      assert.equal(record.evaluation!.decision, 'rejected');
      assert.match(
        result.reason ?? '',
        /have judged 3 candidates, this one included, and the criterion is meant for 2/,
      );
    });

    it('approve nothing over so many looks where they cannot be counted', async () => {
      const failing = { ...world('rmse < champion with 95% confidence over 2 looks'), registryTurnsReadOnly: true };
      await assert.rejects(run(failing), /409/);
      const { record, lines } = await run({ ...world(plain), registryTurnsReadOnly: true });
      assert.equal(record.evaluation!.decision, 'approved');
      assert.match(lines.join('\n'), /How many candidates these rows have judged is not known: 409/);
    });
  });

  describe('reports on the data', () => {
    const driftOf = (share: number) =>
      JSON.stringify({ metrics: [{ metric_name: 'DriftedColumnsCount()', value: { count: 1, share } }], tests: [] });
    const validationOf = (successful: number) =>
      JSON.stringify({
        success: successful === 4,
        statistics: { evaluated_expectations: 4, successful_expectations: successful },
        results: [],
      });
    const share = 'evidently.drift.share_of_drifted_columns';
    const given = (name: string, text: string) => {
      const file = path.join(directory, name);
      fs.writeFileSync(file, text);
      return readDataReport(file, name);
    };
    const metrics = { '7': { rmse: 2 }, '3': { rmse: 3 } };

    it('that the job left are criteria like any other, and stand in record, log and summary', async () => {
      const files = {
        '7': { 'outputs/drift.json': driftOf(0.1), 'outputs/ge/titanic.json': validationOf(4), 'model/a.json': '[' },
      };
      const text = `rmse <= 5\n${share} <= 0.2\nge.success_percent == 100`;
      const { record, lines, publish } = await run({ metrics, files, inputs: { text } });
      const { decision, criteria, dataReports, metrics: measured } = record.evaluation!;
      assert.equal(decision, 'approved');
      assert.deepEqual(
        criteria.map(({ candidate }) => candidate),
        [2, 0.1, 100],
      );
      assert.deepEqual(measured, { rmse: 2, [share]: 0.1, 'ge.success_percent': 100 });
      assert.deepEqual(
        dataReports?.map(({ tool, file, sha256 }) => [tool, file, sha256.length]),
        [
          ['evidently', 'outputs/drift.json', 64],
          ['ge', 'outputs/ge/titanic.json', 64],
        ],
      );
      const named = 'outputs/drift.json (Evidently), outputs/ge/titanic.json (Great Expectations)';
      assert.ok(lines.includes(`Data reports: ${named}`), lines.join('\n'));
      assert.match(publish.summary.firstCall.args[1] as string, /Data reports: outputs\/drift\\?\.json/);
    });

    it('reject', async () => {
      const { record } = await run({ metrics, files: { '7': { 'd.json': driftOf(0.3) } }, inputs: { text: `${share} <= 0.2` } }); // prettier-ignore
      assert.equal(record.evaluation!.decision, 'rejected');
      assert.match(record.evaluation!.reason, /share_of_drifted_columns is 0\.3, but must be at most 0\.2/);
    });

    it('are not looked for where no criterion asks', async () => {
      const { artifacts } = await run({ metrics, files: { '7': { 'd.json': driftOf(0.3) } }, inputs: { text: 'rmse <= 5' } }); // prettier-ignore
      sinon.assert.notCalled(artifacts.download);
    });

    it('that are missing reject, and the reason says what was looked through', async () => {
      const files = { '7': { 'outputs/d.json': validationOf(4), 'outputs/other.json': '{"a": 1}' } };
      const { record } = await run({ metrics, files, inputs: { text: `${share} <= 0.2` } });
      assert.equal(record.evaluation!.decision, 'rejected');
      assert.match(record.evaluation!.reason, /there is no report of Evidently among the 2 JSON files that the job job-7 left, only outputs\/d\.json \(Great Expectations\)/); // prettier-ignore
    });

    it("are compared with those of the champion's job", async () => {
      const text = `${share} <= champion + 0.05`;
      const files = (champion: number) => ({ '7': { 'd.json': driftOf(0.3) }, '3': { 'd.json': driftOf(champion) } });
      const decide = async (world: World) =>
        (await run({ metrics, champion: '3', inputs: { text }, ...world })).record.evaluation!;
      assert.equal((await decide({ files: files(0.28) })).decision, 'approved');
      assert.equal((await decide({ files: files(0.1) })).decision, 'rejected');
      const none = await decide({ files: { '7': { 'd.json': driftOf(0.3) } } });
      assert.match(none.reason, /was not measured for the champion, version 3/);
      const logged = { ...metrics, '3': { rmse: 3, [share]: 0.27 } };
      assert.equal((await decide({ metrics: logged, files: files(0.9) })).champion?.version, '3');
      assert.equal((await decide({ metrics: logged, files: files(0.1) })).decision, 'approved');
    });

    it('count only where the job did not log the value itself', async () => {
      const logged = { '7': { [share]: 0.5 } };
      const { record, artifacts } = await run({ metrics: logged, files: { '7': { 'd.json': driftOf(0.1) } }, inputs: { text: `${share} <= 0.2` } }); // prettier-ignore
      assert.equal(record.evaluation!.decision, 'rejected');
      sinon.assert.notCalled(artifacts.download);
    });

    it('of the input take the place of what the job logged and left', async () => {
      const logged = { '7': { [share]: 0.5 } };
      const { record, artifacts } = await run({
        metrics: logged,
        files: { '7': { 'd.json': driftOf(0.6) } },
        inputs: { text: `${share} <= 0.2`, dataReports: [given('drift.json', driftOf(0.1))] },
      });
      assert.equal(record.evaluation!.decision, 'approved');
      assert.deepEqual(
        record.evaluation!.dataReports?.map(({ file }) => file),
        ['drift.json'],
      );
      sinon.assert.notCalled(artifacts.download);
    });

    it('decide nothing where several tell what a criterion asks', async () => {
      const files = { '7': { 'a.json': driftOf(0.1), 'b.json': driftOf(0.3) } };
      await assert.rejects(run({ metrics, files, inputs: { text: `${share} <= 0.2` } }), (error: Error) => {
        assert.equal(
          error.message,
          `Nothing is decided. "${share} <= 0.2": there are several reports of Evidently, a.json and b.json: say which, as in evidently.a.drift.share_of_drifted_columns.`,
        );
        return true;
      });
      const named = await run({
        metrics,
        files,
        inputs: { text: 'evidently.a.drift.share_of_drifted_columns <= 0.2' },
      });
      assert.equal(named.record.evaluation!.decision, 'approved');
    });

    it('decide nothing where one cannot be used', async () => {
      const files = { '7': { 'ge.json': '{"success": true, "statistics": {"evaluated_expectations": 4}}' } };
      const run7 = run({ metrics, files, inputs: { text: 'ge.success == 1' } });
      await assert.rejects(run7, /The data report ge\.json is of Great Expectations, but it has neither/);
    });

    it('are read where the metrics come from a file, too', async () => {
      const metricsFile = path.join(directory, 'own.json');
      fs.writeFileSync(metricsFile, '{"rmse": 2}');
      const text = `rmse <= 5\n${share} <= 0.2`;
      const inputs: World['inputs'] = { text, metricsFrom: 'file', metricsFile };
      const { record } = await run({ files: { '7': { 'd.json': driftOf(0.1) } }, inputs });
      assert.equal(record.evaluation!.decision, 'approved');
    });

    it('of this pipeline are judged again though the model has not changed', async () => {
      const inputs: World['inputs'] = { text: `${share} <= 0.2`, dataReports: [given('drift.json', driftOf(0.1))] };
      const { models } = await run({ metrics, inputs });
      const tags = models.tag.firstCall.args[2] as Record<string, string>;
      const later: World['inputs'] = { ...inputs, dataReports: [given('drift.json', driftOf(0.3))] };
      assert.equal((await run({ metrics, tags, inputs: later })).record.evaluation!.decision, 'rejected');
    });
  });

  describe('decides: metrics × champion × rule × mode', () => {
    const good = { rmse: 2 };
    const bad = { rmse: 9 };
    const broken = { rmse: NaN };
    const cases: Array<[what: string, world: World, decision: 'approved' | 'rejected']> = [];
    for (const [name, own, betterThanFive, betterThanChampion] of [
      ['good metrics', good, true, true],
      ['bad metrics', bad, false, false],
      ['NaN', broken, false, false],
      ['no metrics', {}, false, false],
    ] as const) {
      for (const [champion, exists] of [['3', true], [undefined, false]] as const) {
        for (const firstModel of ['skipComparison', 'reject'] as const) {
          const metrics = { '7': { ...own }, '3': { rmse: 3 } };
          const against = `${name}, champion ${champion ?? 'none'}, firstModel ${firstModel}`;
          const measured = Number.isFinite((own as { rmse?: number }).rmse);
          const comparison = exists ? betterThanChampion : measured && firstModel === 'skipComparison';
          const add = (text: string, approved: boolean) =>
            cases.push([
              `${text}: ${against}`,
              { metrics, champion, inputs: { text, firstModel } },
              approved ? 'approved' : 'rejected',
            ]);
          add('rmse <= 5', betterThanFive);
          add('rmse < champion', comparison);
          add('rmse <= champion * 0.9', comparison);
          add('rmse <= 5\nrmse < champion', betterThanFive && comparison);
          add('rmse <= 5\nmae <= 5', false);
        }
      }
    } // prettier-ignore
    for (const [what, world, decision] of cases) {
      it(`${what} → ${decision}`, async () => {
        const { result, record, models } = await run(world);
        assert.equal(result.outputs.decision, decision);
        assert.equal(result.outputs.deployModel, String(decision === 'approved'));
        assert.equal(result.outcome, decision === 'approved' ? undefined : 'failed');
        assert.equal(record.evaluation!.decision, decision);
        const [, , tags] = models.tag.firstCall.args as [string, string, Record<string, string>];
        assert.equal(tags.evaluation, decision);
      });
    }

    for (const [onRejection, outcome] of [
      ['fail', 'failed'],
      ['warn', 'succeededWithIssues'],
      ['continue', undefined],
    ] as const) {
      it(`a rejection is ${outcome ?? 'a success'} where onRejection is ${onRejection}, an approval always one`, async () => {
        for (const [metrics, expected] of [
          [bad, outcome],
          [good, undefined],
        ] as const) {
          const { result } = await run({ metrics: { '7': metrics }, inputs: { text: 'rmse <= 5', onRejection } });
          assert.equal(result.outcome, expected);
          assert.equal(result.reason !== undefined, expected !== undefined);
        }
      });
    }
  });
});
