import assert from 'node:assert/strict';
import { readCondaFile } from '../../../local/python/condaFile';

describe('a conda file', () => {
  it('becomes requirements for pip', () => {
    const text = `
name: cost-estimator
channels: [conda-forge]
dependencies:
  - python=3.10.14
  - pip=24.0
  - conda-forge::scikit-learn=1.5.1
  - numpy==1.26.4=py310h_0
  - pandas>=2.1, <3
  - pytorch
  - joblib=1.*
  - libgcc-ng=13
  - pip:
      - mlflow-skinny==3.1.0
      - azureml-inference-server-http~=1.5
`;
    assert.deepEqual(readCondaFile(text), {
      python: '3.10',
      requirements: [
        'scikit-learn==1.5.1.*',
        'numpy==1.26.4',
        'pandas>=2.1,<3',
        'torch',
        'joblib==1.*',
        'mlflow-skinny==3.1.0',
        'azureml-inference-server-http~=1.5',
      ],
      leftOut: ['libgcc-ng=13'],
    });
  });

  const wrong: Array<[string, RegExp]> = [
    ['dependencies: [', /is not YAML/],
    ['name: x', /no list 'dependencies'/],
    ['dependencies: [{conda: [x]}]', /neither a name nor a list for pip/],
  ];
  for (const [text, message] of wrong) {
    it(`is refused when it reads ${JSON.stringify(text)}`, () => assert.throws(() => readCondaFile(text), message));
  }
});
