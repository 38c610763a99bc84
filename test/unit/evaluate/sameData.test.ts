import assert from 'node:assert/strict';
import type { Job } from '../../../tasks/common/azure/ml/jobs/rest/jobs';
import { dataDifference, dataOf } from '../../../tasks/Evaluate/sameData';

const of = (tags: Record<string, string>, inputs: Record<string, string> = {}) =>
  dataOf({ metrics: {}, params: {}, tags }, {
    properties: {
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, uri]) => [name, { jobInputType: 'uri_file', uri }]),
      ),
    },
  } as unknown as Job);

describe('Evaluate: were both measured on the same data', () => {
  it('says in what the data differ, by hash before by place', () => {
    const difference = dataDifference(of({ 'data.sha256': 'aaaa' }), of({ 'data.sha256': 'bbbb' }));
    assert.match(difference!, /different data: data\.sha256 is aaaa… and bbbb….*evaluationJobFile/);
    assert.match(dataDifference(of({}, { test: 'azureml:t:1' }), of({}, { test: 'azureml:t:2' }))!, /input test is azureml:t:1 and azureml:t:2/); // prettier-ignore
    // The same content in another place is the same data.
    const hash = { 'test_data.sha256': 'aaaa' };
    assert.equal(dataDifference(of(hash, { test: 'a' }), of(hash, { test: 'b' })), undefined);
  });

  it('says nothing where nothing tells', () => {
    assert.equal(dataDifference(of({}), of({ 'data.sha256': 'bbbb' })), undefined);
    assert.equal(dataDifference(of({ 'code.sha256': 'a' }), of({ 'code.sha256': 'b' })), undefined);
    assert.equal(dataDifference(of({}, { train: 'a' }), of({}, { test: 'b' })), undefined);
    assert.equal(dataDifference(dataOf(undefined, undefined), of({})), undefined);
  });
});
