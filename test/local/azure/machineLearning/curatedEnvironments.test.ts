import assert from 'node:assert/strict';
import {
  curatedEnvironment,
  curatedRequirements,
} from '../../../../local/azure/machineLearning/runner/curatedEnvironments';

describe('the stand-in for a curated environment', () => {
  const packages = (name: string, python: string) => curatedRequirements(curatedEnvironment(name)!, python);

  it('holds what Azure’s own file pins where its Python is there', () => {
    const { requirements, differences } = packages('sklearn-1.5', '3.10.13');
    for (const pin of ['scikit-learn~=1.5.0', 'pandas~=1.5.3', 'numpy~=1.22.0', 'scipy~=1.10.0', 'matplotlib~=3.5.0'])
      assert.ok(requirements.includes(pin), `${pin} in ${requirements.join(', ')}`);
    assert.ok(requirements.includes('azureml-mlflow'));
    assert.deepEqual(differences, []);
  });

  it('holds the nearest versions that have wheels for another Python, and names each', () => {
    const { requirements, differences } = packages('sklearn-1.5', '3.12.1');
    assert.ok(requirements.includes('scikit-learn~=1.5.0'), 'as Azure: it has wheels');
    assert.ok(requirements.includes('pandas~=2.1.1'));
    assert.deepEqual(
      differences.map((each) => each.package),
      ['pandas', 'numpy', 'scipy', 'matplotlib'],
    );
    assert.deepEqual(
      differences.find((each) => each.package === 'numpy'),
      { package: 'numpy', azure: '~=1.22.0', here: '~=1.26.0' },
    );
  });

  it('never goes below what Azure pins', () => {
    assert.ok(packages('sklearn-1.5', '3.9.18').requirements.includes('scikit-learn~=1.5.0'));
    assert.ok(packages('sklearn-1.1', '3.11.7').requirements.includes('scikit-learn~=1.1.0'));
  });

  it('leaves the choice to pip for a Python that is newer than all that is known', () => {
    const { requirements, differences } = packages('lightgbm', '3.19.0');
    assert.ok(requirements.includes('numpy'));
    assert.deepEqual(
      differences.find((each) => each.package === 'numpy'),
      { package: 'numpy', azure: '~=1.22.0', here: 'the newest' },
    );
  });

  it('is unknown for other names', () => assert.equal(curatedEnvironment('acpt-pytorch-2.2-cuda12.1'), undefined));
});
