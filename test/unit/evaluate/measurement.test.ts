import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { TaskFailure } from '../../../tasks/common/taskFailure';
import { measure, metricsOfModel, readMetricsFile } from '../../../tasks/Evaluate/measurement';
import { taskContext } from '../../support/taskContext';
import { modelVersion } from './modelVersion';

describe('Evaluate: what a model was measured as', () => {
  it('is read from tags and properties, of which those named metric count first, and those of its making not at all', () => {
    for (const [tags, properties, expected] of [
      [{ rmse: '3' }, {}, { rmse: 3 }],
      [{}, { rmse: '3' }, { rmse: 3 }],
      [{ rmse: '4' }, { rmse: '3' }, { rmse: 4 }],
      [{ rmse: '4' }, { 'metric.rmse': '3' }, { rmse: 3 }],
      [{ 'metric.rmse': '2', rmse: '4' }, { 'metric.rmse': '3' }, { rmse: 2 }],
      [
        { 'azureml.a': '1', 'mlflow.b': '2', 'mlops.c': '3' },
        { azureml: '4', 'a.mlflow.b': '5' },
        { azureml: 4, 'a.mlflow.b': 5 },
      ],
      [{ ' a': ' 1.5 ', b: '', c: ' ', d: 'x1', e: '1e-3', f: '0x10' }, {}, { ' a': 1.5, e: 0.001, f: 16 }],
      [{ a: 'NaN', b: 'nan', c: 'nano' }, {}, { a: NaN, b: NaN }],
      [
        { a: 'inf', b: '-Infinity', c: '+INF', d: 'infinite', e: '-inf' },
        {},
        { a: Infinity, b: -Infinity, c: Infinity, e: -Infinity },
      ],
    ] as Array<[Record<string, string>, Record<string, string>, Record<string, number>]>) {
      // prettier-ignore
      assert.deepEqual(metricsOfModel({ tags, properties }), expected);
    }
  });

  describe('by', () => {
    const tags = { rmse: '9' };
    const from = async (kind: 'auto' | 'job' | 'model', jobName: string | undefined, logged: object | undefined) => {
      const runs = { run: async () => logged && { metrics: logged as Record<string, number>, params: {}, tags: {} } };
      const { context } = taskContext('.');
      const model = modelVersion({ name: 'm', version: '2', jobName, tags });
      const { metrics, source, jobName: measured } = await measure(model, kind, runs, context);
      return [metrics, source, measured];
    };
    const byTags = 'the tags of m version 2';

    for (const [what, kind, jobName, logged, expected] of [
      [
        'what the job logged, though the tags say it otherwise',
        'auto',
        'j',
        { rmse: 1 },
        [{ rmse: 1 }, 'the job j', 'j'],
      ],
      ['the tags where the job logged nothing', 'auto', 'j', {}, [{ rmse: 9 }, byTags, 'j']],
      ['the tags where no run is to be found', 'auto', 'j', undefined, [{ rmse: 9 }, byTags, 'j']],
      ['the tags where no job is known', 'auto', undefined, { rmse: 1 }, [{ rmse: 9 }, byTags, undefined]],
      ['the tags where they are asked for', 'model', 'j', { rmse: 1 }, [{ rmse: 9 }, byTags, 'j']],
      ['nothing of a job that logged nothing, where the job is asked for', 'job', 'j', {}, [{}, 'the job j', 'j']],
    ] as const) {
      // prettier-ignore
      it(what, async () => {
        assert.deepEqual(await from(kind, jobName, logged), expected);
      });
    }

    it('a job that is asked for and not known or not to be found, which decides nothing', async () => {
      const refused = (message: RegExp) => (error: TaskFailure) => {
        assert.match(error.message, message);
        assert.equal(error.help, 'the-decision-cannot-be-made');
        return true;
      };
      await assert.rejects(from('job', undefined, {}), refused(/Input metricsFrom: the model m version 2 does not name the job .* Set metricsFrom to "model" or "file"/)); // prettier-ignore
      await assert.rejects(from('job', 'j', undefined), refused(/its job j cannot be found, so nothing is decided\. Run this step again/)); // prettier-ignore
    });
  });

  describe('in a file', () => {
    let folder: string;
    before(() => {
      folder = fs.mkdtempSync(path.join(tmpdir(), 'metrics-'));
    });
    after(() => fs.rmSync(folder, { recursive: true }));
    const read = (text: string) => {
      const file = path.join(folder, 'metrics.json');
      fs.writeFileSync(file, text);
      return readMetricsFile(file);
    };

    for (const [text, expected] of [
      ['{}', { candidate: {} }],
      ['{"rmse": 3.2, "auc": "0.5"}', { candidate: { rmse: 3.2, auc: 0.5 } }],
      ['{"a": "NaN", "b": "-Infinity", "c": "inf"}', { candidate: { a: NaN, b: -Infinity, c: Infinity } }],
      ['{"candidate": 1}', { candidate: { candidate: 1 } }],
      ['{"candidate": {"rmse": 1}}', { candidate: { rmse: 1 }, champion: undefined }],
      ['{"candidate": {"rmse": 1}, "champion": {"rmse": 2}}', { candidate: { rmse: 1 }, champion: { rmse: 2 } }],
    ] as const) {
      it(`are ${text}`, () => assert.deepEqual(read(text), expected));
    }

    for (const [text, problem] of [
      ['[]', 'it is not an object'],
      ['null', 'it is not an object'],
      ['5', 'it is not an object'],
      ['{"rmse": null}', '"rmse" is null, which is not a number'],
      ['{"rmse": "good"}', '"rmse" is "good", which is not a number'],
      ['{"rmse": true}', '"rmse" is true, which is not a number'],
      ['{"rmse": {"mean": 1}}', '"rmse" is {"mean":1}, which is not a number'],
      ['{"candidate": {}, "champion": 5}', '"champion" is not an object of names and numbers'],
      ['{"candidate": {"a": []}}', '"a" is [], which is not a number'],
    ] as const) {
      it(`are not ${text}`, () => {
        assert.throws(() => read(text), (error: Error) => error.message.endsWith(`metrics.json: ${problem}. Write metrics as {"rmse": 3.2}, or {"candidate": {…}, "champion": {…}}.`)); // prettier-ignore
      });
    }

    it('are not what is no JSON', () => assert.throws(() => read('{'), /Input metricsFile: .*metrics\.json is not JSON: /)); // prettier-ignore
  });
});
