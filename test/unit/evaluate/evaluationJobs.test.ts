import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { AzureRequest } from '../../../tasks/common/azure/http/session';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import type { Pipeline } from '../../../tasks/common/pipeline';
import { fakeWorkspace } from '../../support/fakeWorkspace';
import { taskContext } from '../../support/taskContext';
import { modelVersion } from './modelVersion';
import { EvaluationJobs, readEvaluationFile, type EvaluationSpec } from '../../../tasks/Evaluate/evaluationJob';
import { leftJobs } from '../../../tasks/Evaluate/leftJobs';

const refused = (status: number) =>
  new AzureFailure(`Azure answered ${status}`, undefined, status, 'Code', 'no', undefined);

interface Started {
  readonly name: string;
  readonly properties: { readonly status: string; readonly experimentName?: string; readonly services?: object };
}

const model = (version: string, changes: Partial<RegisteredModel> = {}) =>
  modelVersion({ version, id: `/m/${version}`, ...changes });

describe('Evaluate: the jobs of an evaluation', () => {
  /** @param models that are measured */
  const setUp = (changes: { pipeline?: Partial<Pipeline>; models?: RegisteredModel[]; body?: object | null } = {}) => {
    const { pipeline, models = [model('2'), model('1')], body: work = { jobType: 'Command' } } = changes;
    const stop = new AbortController();
    let time = Date.UTC(2026, 0, 1);
    const clock = {
      now: () => time,
      sleep: async (milliseconds: number, signal?: AbortSignal) => {
        signal?.throwIfAborted();
        time += Math.max(1, milliseconds);
      },
    };
    const { context, traces } = taskContext('.', { clock, signal: stop.signal });
    Object.assign(context, { pipeline: { ...context.pipeline, ...pipeline } });
    const left = () => leftJobs(context.state).read();
    /** What the workspace answers; a job runs on until its details say otherwise. */
    const world = {
      status: 'Completed',
      details: (): void => undefined,
      metrics: (): unknown => ({ run: { data: { metrics: [{ key: 'rmse', value: 1 }] } } }),
      cancel: (): void => undefined,
      find: (): void => undefined,
    };
    const jobs = new Map<string, Started>();
    /** What the post-job step would have known when each job was sent. */
    const knownBefore: unknown[] = [];
    const cancelled: string[] = [];
    const request = sinon.spy(async ({ method = 'GET', url, body }: AzureRequest) => {
      if (/^(models|environments)\//.test(url)) {
        return { status: 200, body: { id: `/w/${url}`, name: url.split('/').at(-1), properties: { modelUri: 'x' } } };
      }
      const name = /(?:jobs|runs)\/([^/]+)/.exec(url)?.[1] ?? '';
      if (url.endsWith('/cancel')) {
        world.cancel();
        cancelled.push(name);
        return { status: 202, body: {} };
      }
      if (url.endsWith('/details')) {
        world.details();
        return { status: 200, body: { runId: name, status: world.status } };
      }
      if (url.includes('mlflow')) {
        const body = world.metrics();
        return { status: body ? 200 : 404, body };
      }
      if (method === 'PUT') {
        knownBefore.push([left()?.names, left()?.confirmed]);
        jobs.set(name, { name, properties: { ...(body as { properties: object }).properties, status: 'Running' } });
      }
      world.find();
      if (!jobs.has(name)) return { status: 404, body: {} };
      return { status: 200, body: jobs.get(name) };
    });
    const workspace = Object.assign(fakeWorkspace(request), {
      dataPlaneUrl: async () => 'https://api.test',
      mlflowUrl: async () => 'https://api.test/mlflow',
    });
    const evaluation = {
      spec: {
        type: 'command',
        command: 'e',
        name: 'own',
        environment: 'azureml:e:1',
        inputs: { model: { type: 'custom_model', path: 'azureml:m@latest', mode: 'download' }, k: 5 },
      },
      source: { directory: '/', writtenAs: () => undefined, place: () => 'here' },
    } as unknown as EvaluationSpec;
    const evaluations = new EvaluationJobs(workspace, context);
    if (work) Object.assign(evaluations, { bodyOf: async () => work });
    return {
      world,
      jobs,
      cancelled,
      stop,
      knownBefore,
      lines: traces.lines,
      left: () => left()?.names,
      measure: () => evaluations.measure(evaluation, models),
    };
  };

  it('measures both models', async () => {
    const { measure, left, jobs } = setUp();
    assert.deepEqual((await measure()).map(({ metrics }) => metrics), [{ rmse: 1 }, { rmse: 1 }]); // prettier-ignore
    assert.deepEqual([jobs.size, left()], [2, undefined]);
  });

  it('leaves running what it cannot see, and says how the next try takes it up', async () => {
    const { measure, left, cancelled, world } = setUp();
    world.details = () => {
      throw refused(403);
    };
    await assert.rejects(
      measure(),
      /jobs \S+ and \S+ were not cancelled.*by "Rerun failed jobs": it takes up what runs/,
    );
    assert.deepEqual([cancelled, left()], [[], undefined]);
  });

  it('takes one odd answer for no end', async () => {
    for (const status of [401, 403, 404, 409]) {
      const { measure, world } = setUp();
      let isTold = false;
      world.details = () => {
        if (isTold) return;
        isTold = true;
        throw refused(status);
      };
      assert.equal((await measure()).length, 2);
    }
  });

  it('decides nothing by a run that is not to be found', async () => {
    const { measure, world } = setUp();
    world.metrics = () => undefined;
    await assert.rejects(measure(), /metrics of the job \S+ cannot be found, so nothing is decided/);
  });

  it('cancels both where the pipeline is cancelled, and leaves to the post-job step what it could not', async () => {
    for (const fails of [false, true]) {
      const { measure, world, stop, cancelled, left } = setUp();
      world.status = 'Running';
      world.details = () => stop.abort(new Error('cancelled'));
      if (fails) {
        world.cancel = () => {
          throw refused(500);
        };
      }
      await assert.rejects(measure(), /cancelled/);
      assert.equal(cancelled.length, fails ? 0 : 2);
      assert.equal(left()?.length, fails ? 2 : undefined);
    }
  });

  it('leaves both to the post-job step where only one could be cancelled', async () => {
    const { measure, world, stop, left } = setUp();
    world.status = 'Running';
    world.details = () => stop.abort(new Error('cancelled'));
    let asked = 0;
    world.cancel = () => {
      if (asked++ === 0) throw refused(500);
    };
    await assert.rejects(measure(), /cancelled/);
    assert.equal(left()?.length, 2);
  });

  it('is known to the post-job step before it is sent, and as confirmed once it was taken', async () => {
    const { measure, knownBefore, jobs } = setUp();
    await measure();
    const [first, second] = [...jobs.keys()];
    assert.deepEqual(knownBefore, [
      [[first], []],
      [[first, second], [first]],
    ]);
  });

  describe('have names', () => {
    const names = async (changes: Parameters<typeof setUp>[0]) => {
      const { measure, jobs } = setUp(changes);
      await measure();
      return [...jobs.keys()];
    };

    it('that follow from run, step, model and work, so that the next try finds them', async () => {
      const own = await names({});
      assert.match(own.join(), /^evaluate-m-2-[0-9a-f]{10}-1,evaluate-m-1-[0-9a-f]{10}-1$/);
      assert.deepEqual(await names({}), own);
      const stage = { name: 's', attempt: 2 };
      const job = { id: 'j', name: 'j', attempt: 3 };
      assert.deepEqual(await names({ pipeline: { stage, job } }), own, 'an attempt makes no other');
      const others: Array<Parameters<typeof setUp>[0]> = [
        { pipeline: { collectionUri: 'https://dev.azure.com/another/' } },
        { pipeline: { projectId: 'another' } },
        { pipeline: { build: { id: '43', number: '', definition: '', url: '' } as unknown as Pipeline['build'] } },
        { pipeline: { release: { id: '42', name: '', url: '' } as unknown as Pipeline['release'] } },
        { pipeline: { stage: { ...stage, name: 'another' } } },
        { pipeline: { job: { ...job, name: 'another' } } },
        { pipeline: { step: 'another' } },
        { models: [model('2', { id: '/another/2' }), model('1', { id: '/another/1' })] },
        { body: { jobType: 'Command', command: 'another' } },
      ];
      const all = [...own];
      for (const other of others) all.push(...(await names(other)));
      assert.equal(new Set(all).size, all.length);
    });

    it('that Azure takes, whatever the model is called', async () => {
      const models = ['1.0.2 (ü)', 'v'.repeat(300)].map((each) => model(each, { name: 'a.b c' }));
      const [first, second] = await names({ models });
      assert.match(first!, /^evaluate-a-b-c-1-0-2--[0-9a-f]{10}-1$/);
      assert.match(second!, /^evaluate-a-b-c-v{40}-[0-9a-f]{10}-1$/);
    });
  });

  for (const [status, isTakenUp] of [
    ['Failed', false],
    ['Canceled', false],
    ['Completed', true],
    ['Running', true],
  ] as const) {
    it(`are ${isTakenUp ? 'taken up' : 'run again'} where an earlier try's is ${status}`, async () => {
      const models = [model('2')];
      const first = setUp({ models });
      await first.measure();
      const [[name, earlier] = assert.fail()] = [...first.jobs];
      const { measure, jobs, lines } = setUp({ models });
      jobs.set(name, { ...earlier, properties: { ...earlier.properties, status } });
      const [{ jobName } = assert.fail()] = await measure();
      const own = isTakenUp ? name : name.replace(/1$/, '2');
      assert.deepEqual([...jobs.keys()], isTakenUp ? [name] : [name, own]);
      assert.equal(jobName, own);
      const word = isTakenUp ? 'Following' : 'Started';
      assert.ok(lines.includes(`${word} the job ${own}, which evaluates version 2.`), lines.join('\n'));
    });
  }

  it('are in an experiment of their own, unless the file names one, and name their page', async () => {
    const endpoint = 'https://studio.example/job';
    for (const [own, expected] of [
      [{}, 'evaluate-a-b'],
      [{ experimentName: 'quality' }, 'quality'],
    ] as const) {
      const work = { jobType: 'Command', services: { Studio: { endpoint } }, ...own };
      const { measure, jobs, lines } = setUp({ models: [model('2', { name: 'a .b' })], body: work });
      await measure();
      assert.deepEqual(
        [...jobs.values()].map(({ properties }) => properties.experimentName),
        [expected],
      );
      assert.ok(lines.includes(`Studio: ${endpoint}`));
    }
    const { measure, lines } = setUp();
    await measure();
    assert.ok(!lines.some((line) => line.startsWith('Studio')));
  });

  it('are the same but for the model that each is given', async () => {
    const { measure, jobs } = setUp({ body: null, models: [model('2', { type: 'mlflow_model' }), model('1')] });
    await measure();
    const bodies = [...jobs.values()].map(({ properties }) => properties as unknown as Record<string, unknown>);
    assert.deepEqual(
      bodies.map(({ displayName }) => displayName),
      ['Evaluate m version 2', 'Evaluate m version 1'],
    );
    const inputs = bodies.map((each) => each.inputs as Record<string, Record<string, string>>);
    assert.deepEqual(
      inputs.map(({ model: given, k }) => [
        given!.jobInputType,
        given!.mode,
        given!.uri!.split('/').slice(-4).join('/'),
        k!.value,
      ]),
      [
        ['mlflow_model', 'Download', 'models/m/versions/2', '5'],
        ['custom_model', 'Download', 'models/m/versions/1', '5'],
      ],
    );
  });

  it('that do not complete decide nothing, and say why as far as Azure told', async () => {
    for (const status of ['Failed', 'Canceled'] as const) {
      const { measure, world, left } = setUp({ models: [model('2')] });
      world.status = status;
      await assert.rejects(
        measure(),
        new RegExp(
          `^TaskFailure: The job (evaluate-m-2-\\S+), which evaluates m version 2, ended as ${status}\\..* The evaluation job \\1 was not cancelled`,
        ),
      );
      assert.equal(left(), undefined);
    }
  });

  it('that were never started have nothing to be taken up, and a bug is told as it is', async () => {
    const { measure, jobs } = setUp({ body: { jobType: 'Command', toJSON: () => assert.fail('a bug') } });
    await assert.rejects(measure(), { name: 'AssertionError', message: 'a bug' });
    assert.equal(jobs.size, 0);
    const refusing = setUp();
    refusing.world.find = () => {
      throw refused(403);
    };
    await assert.rejects(refusing.measure(), (error: Error) => {
      assert.doesNotMatch(error.message, /not cancelled/);
      return true;
    });
  });

  it('say of each line which model it is of', async () => {
    const { measure, lines, world } = setUp();
    world.status = 'Completed';
    await measure();
    assert.ok(
      lines.some((line) => line.startsWith('v2 | ')),
      lines.join('\n'),
    );
    assert.ok(lines.some((line) => line.startsWith('v1 | ')));
  });
});

describe('Evaluate: the file of an evaluation', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evaluation-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const read = (text: string) => {
    const file = join(folder, 'evaluate.yml');
    writeFileSync(file, text);
    return readEvaluationFile(file);
  };
  const command = 'command: python evaluate.py\nenvironment: azureml:env:1\n';

  it('is a command job with an input by which it is given the model', () => {
    const { spec, source } = read(`${command}inputs:\n  model: {type: custom_model, path: azureml:m@latest}\n`);
    assert.equal(spec.command, 'python evaluate.py');
    assert.equal(source.directory, folder);
  });

  for (const [what, text, problem] of [
    ['without inputs', command, /evaluate\.yml has no input "model", .* Declare it under inputs/],
    ['without that input', `${command}inputs: {data: 1}\n`, /has no input "model"/],
    [
      'of a sweep',
      `type: sweep\ntrial: {${command.trim().replaceAll('\n', ', ')}}\nobjective: {goal: minimize, primary_metric: rmse}\nsearch_space: {a: {type: choice, values: [1]}}\nsampling_algorithm: random\nlimits: {max_total_trials: 1}\ncompute: azureml:c\n`,
      /is a sweep job; an evaluation is a command job/,
    ],
    [
      'of a pipeline',
      `type: pipeline\njobs: {a: {${command.trim().replaceAll('\n', ', ')}}}\n`,
      /is a pipeline job; an evaluation is a command job/,
    ],
  ] as const) {
    // prettier-ignore
    it(`is refused ${what}`, () => {
      assert.throws(() => read(text), problem);
    });
  }
});
