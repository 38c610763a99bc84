import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sinon from 'sinon';
import { requestOfSignature } from '../../../tasks/Train/exampleRequest';
import { makeGoldenRequests } from '../../../tasks/Train/goldenRequests';

const columns = JSON.stringify([
  { type: 'double', name: 'sepal length (cm)', required: true },
  { type: 'long', name: 'count' },
  { type: 'string', name: 'kind' },
  { type: 'boolean', name: 'is "new"' },
]);

describe('a request made of a signature', () => {
  const cases: Array<[string, string | undefined, unknown]> = [
    [
      'columns',
      columns,
      {
        dataframe_split: {
          columns: ['sepal length (cm)', 'count', 'kind', 'is "new"'],
          data: [[1, 1, 'a', true]],
        },
      },
    ],
    [
      'a tensor',
      '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}]',
      { inputs: [[1, 1, 1]] },
    ],
    [
      'named tensors',
      '[{"name": "a", "type": "tensor", "tensor-spec": {"dtype": "int32", "shape": [-1]}}, {"name": "b", "type": "tensor", "tensor-spec": {"dtype": "bool", "shape": [2]}}]',
      { inputs: { a: [1], b: [true, true] } },
    ],
  ];
  for (const [what, inputs, expected] of cases) {
    it(`has ${what}`, () => assert.deepEqual(JSON.parse(requestOfSignature(inputs)!), expected));
  }

  it('keeps whole and broken numbers apart, as the types do', () =>
    assert.match(requestOfSignature(columns)!, /\[\[1\.0, 1, /));

  const without: Array<[string, string | undefined]> = [
    ['no signature', undefined],
    ['text that is not JSON', 'x'],
    ['no columns', '[]'],
    ['a type that needs an example', '[{"type": "binary", "name": "image"}]'],
    ['columns without names', '[{"type": "double"}]'],
    [
      'a tensor that is too large',
      '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1000, 1000]}}]',
    ],
  ];
  for (const [what, inputs] of without) {
    it(`is none for ${what}`, () => assert.equal(requestOfSignature(inputs), undefined));
  }
});

describe('golden requests of an MLflow model that training left none for', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(path.join(os.tmpdir(), 'golden-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const model = { path: 'model', uri: 'azureml://jobs/j/outputs/artifacts/paths/model/', isMlflow: true };
  async function make(files: Record<string, string>, output = model) {
    const warning = sinon.stub();
    const artifacts = {
      list: sinon.stub(),
      download: async (_run: string, name: string, file: string) => {
        if (files[name] === undefined) return false;
        writeFileSync(file, files[name]);
        return true;
      },
    };
    const ports = { log: { warning }, signal: new AbortController().signal };
    const section = await makeGoldenRequests('j', output, directory, artifacts, ports as never);
    const made = section && (JSON.parse(readFileSync(path.join(directory, section.file), 'utf8')) as unknown);
    return { section, made, warnings: warning.args.flat() };
  }

  it('are its input example, as MLflow saved it for serving', async () => {
    const body = '{"dataframe_split": {"columns": ["x"], "data": [[5.10]]}}';
    const { made, section, warnings } = await make({
      'model/MLmodel': 'saved_input_example_info:\n  serving_input_path: serving_input_example.json\n',
      'model/serving_input_example.json': body,
    });
    assert.deepEqual(made, [{ name: "the model's input example", request: JSON.parse(body) }]);
    assert.match(readFileSync(path.join(directory, section!.file), 'utf8'), /5\.10/);
    assert.match(warnings.join(), /the correct answers are not known/);
  });

  it('are made of its signature where it has no example', async () => {
    const { made } = await make({ 'model/MLmodel': `signature:\n  inputs: '${columns}'\n` });
    assert.match(JSON.stringify(made), /one row made of the model's signature.*dataframe_split/);
  });

  it('are none where it says nothing, or is not an MLflow model', async () => {
    assert.equal((await make({ 'model/MLmodel': 'flavors: {}\n' })).section, undefined);
    assert.equal((await make({}, { ...model, isMlflow: false })).section, undefined);
  });
});
