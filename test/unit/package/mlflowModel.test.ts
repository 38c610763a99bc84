import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parse } from 'yaml';
import type { ModelFile } from '../../../tasks/common/azure/ml/modelFiles';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import { readMlflowDependencies } from '../../../tasks/PackageImage/plan/mlflowModel';

const model = { name: 'm', version: '2' } as RegisteredModel;
const signal = new AbortController().signal;
const mlModel =
  'mlflow_version: 2.22.5\nflavors:\n  python_function:\n    env: {conda: conda.yaml, virtualenv: python_env.yaml}\n    python_version: 3.10.1\n';

function files(texts: Record<string, string>): ModelFile[] {
  return Object.entries(texts).map(([path, text]) => ({
    path,
    open: () => Promise.resolve({ size: text.length, stream: Readable.from([Buffer.from(text)]) }),
  }));
}

describe('what an MLflow model needs', () => {
  let scratch: string;
  beforeEach(() => (scratch = mkdtempSync(join(tmpdir(), 'mlflow-'))));
  afterEach(() => rmSync(scratch, { recursive: true }));

  it('stands in its conda.yaml', async () => {
    const conda =
      'channels: [conda-forge]\nname: mlflow-env\ndependencies:\n- python=3.11.7\n- pip<=23.2.1\n- pip:\n  - mlflow==2.22.5\n  - scikit-learn==1.6.1\n';
    const found = await readMlflowDependencies(
      model,
      files({ 'model/MLmodel': mlModel, 'model/conda.yaml': conda }),
      scratch,
      signal,
    );
    assert.deepEqual(parse(found.conda!), {
      channels: ['conda-forge'],
      dependencies: ['python=3.11.7', 'pip<=23.2.1'],
    });
    assert.equal(found.requirements, 'mlflow==2.22.5\nscikit-learn==1.6.1\nazureml-inference-server-http==1.5.1\n');
  });

  it('stands in python_env.yaml and requirements.txt where it has no conda.yaml', async () => {
    const texts = { MLmodel: mlModel, 'python_env.yaml': 'python: 3.9.6\n', 'requirements.txt': 'xgboost==2.1\n' };
    const found = await readMlflowDependencies(model, files(texts), scratch, signal);
    assert.deepEqual(parse(found.conda!), { channels: ['conda-forge'], dependencies: ['python=3.9.6', 'pip'] });
    assert.equal(found.requirements, 'xgboost==2.1\nazureml-inference-server-http==1.5.1\nmlflow-skinny==2.22.5\n');
  });

  for (const name of ['requirements.txt', 'conda.yaml']) {
    it(`may be wheels and constraints of its own, named by its ${name}`, async () => {
      const lines = ['wheels/own-1.0-py3-none-any.whl', './code/lib-2.whl', '-c constraints.txt', 'xgboost==2.1'];
      const conda = `dependencies:\n- python=3.11\n- pip:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
      const texts = {
        'model/MLmodel': mlModel,
        [`model/${name}`]: name === 'conda.yaml' ? conda : `${lines.join('\n')}\n`,
        'model/wheels/own-1.0-py3-none-any.whl': 'wheel',
        'model/code/lib-2.whl': 'lib',
        'model/constraints.txt': 'numpy<3\n',
        'model/model.xgb': 'never opened',
      };
      const all = files(texts).map((file) =>
        file.path.endsWith('.xgb') ? { ...file, open: () => Promise.reject(new Error('opened')) } : file,
      );
      const found = await readMlflowDependencies(model, all, scratch, signal);
      assert.deepEqual(found.requirements.split('\n').slice(0, 4), [
        './package-1/own-1.0-py3-none-any.whl',
        './package-2/lib-2.whl',
        '--constraint constraints-3.txt',
        'xgboost==2.1',
      ]);
      assert.deepEqual(
        found.files.map((file) => file.path),
        [
          'dependencies/package-1/own-1.0-py3-none-any.whl',
          'dependencies/package-2/lib-2.whl',
          'dependencies/constraints-3.txt',
        ],
      );
    });
  }

  it('is refused where it names a wheel that the model does not carry', async () => {
    const texts = { MLmodel: mlModel, 'requirements.txt': 'wheels/own-1.0-py3-none-any.whl\n' };
    await assert.rejects(readMlflowDependencies(model, files(texts), scratch, signal), /own-1\.0-py3-none-any\.whl/);
  });

  it('is read from the outermost MLmodel: flavours may nest models', async () => {
    const texts = {
      'model/inner/MLmodel': 'flavors: {}',
      'model/MLmodel': mlModel,
      'model/requirements.txt': 'mlflow-skinny\n',
    };
    const { requirements } = await readMlflowDependencies(model, files(texts), scratch, signal);
    assert.equal(requirements, 'mlflow-skinny\nazureml-inference-server-http==1.5.1\n');
  });

  for (const mlflow of ['mlflow==2.6.0', 'mlflow==2.10.0', 'mlflow==3.1.0', 'mlflow<3,>=2.1']) {
    it(`may be ${mlflow}`, async () => {
      const texts = { MLmodel: mlModel, 'requirements.txt': `${mlflow}\n` };
      assert.match((await readMlflowDependencies(model, files(texts), scratch, signal)).requirements, /^mlflow/);
    });
  }

  for (const [title, texts, expected] of [
    [
      'no MLmodel',
      { 'model/model.pkl': '' },
      /model m version 2 is not an MLflow model: it does not contain a file MLmodel.*scoringScript/,
    ],
    ['no python_function', { MLmodel: 'flavors: {spark: {}}' }, /no flavour python_function.*its flavours: spark/],
    [
      'an MLflow too old to serve it',
      { MLmodel: mlModel, 'requirements.txt': 'mlflow==2.4.2\n' },
      /model m version 2 pins MLflow 2\.4\.2.*Log it again with MLflow 2\.6/,
    ],
    [
      'an old MLflow, named only by the model',
      { MLmodel: mlModel.replace('2.22.5', '1.30.0'), 'requirements.txt': 'xgboost==2.1\n' },
      /pins MLflow 1\.30\.0/,
    ],
    [
      'a wheel that the model lacks, by its path in the model',
      { 'model/MLmodel': mlModel, 'model/requirements.txt': './wheels/own-1.0-py3-none-any.whl\n' },
      /name a file model[\\/]wheels[\\/]own-1\.0-py3-none-any\.whl \("\.\/wheels\/own/,
    ],
    ['no requirements', { MLmodel: mlModel }, /neither conda\.yaml nor requirements\.txt/],
  ] as Array<[string, Record<string, string>, RegExp]>) {
    it(`is told plainly where there is ${title}`, async () => {
      await assert.rejects(readMlflowDependencies(model, files(texts), scratch, signal), expected);
    });
  }
});
