import assert from 'node:assert/strict';
import { metricsOfModel } from '../../../tasks/Evaluate/measurement';
import { modelTags } from '../../../tasks/Train/modelTags';

describe('Train: the tags of a model version', () => {
  it('are those of the user and the metrics', () => {
    assert.deepEqual(modelTags({ team: 'pricing' }, { rmse: 3.5 }), { team: 'pricing', rmse: '3.5' });
  });

  it('leave to a metric no name by which tasks decide, nor one of the user', () => {
    const metrics = {
      champion: 9999,
      evaluation: 1,
      'evaluation.criteria': 2,
      image: 3,
      imageDigest: 4,
      team: 5,
      mse: 6,
    };
    const tags = modelTags({ team: 'pricing' }, metrics);
    assert.deepEqual(tags, {
      team: 'pricing',
      'metric.champion': '9999',
      'metric.evaluation': '1',
      'metric.evaluation.criteria': '2',
      'metric.image': '3',
      'metric.imageDigest': '4',
      'metric.team': '5',
      mse: '6',
    });
    assert.deepEqual(metricsOfModel({ tags, properties: {} }), metrics);
  });
});
