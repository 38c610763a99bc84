import assert from 'node:assert/strict';
import { parseCriteria } from '../../../tasks/common/criteria/parseCriteria';
import { earlierApproval, tagsOf } from '../../../tasks/Evaluate/earlierDecision';

describe('An earlier approval', () => {
  const model = { name: 'm', version: '1', uri: 'azureml://m/1' };
  const inputs = {
    criteria: parseCriteria('rmse <= 5\nmae <= 4').criteria,
    champion: 'tagged',
    firstModel: 'skipComparison',
    metricsFrom: 'auto',
  } as const;
  const pipeline = {
    hostType: 'build' as const,
    build: { id: '1', number: '1', definition: 'd', url: 'https://build/1' },
  };
  const tags = (decision: 'approved' | 'rejected' = 'approved') => {
    const kept = tagsOf({ decision, reason: 'why' }, model, inputs, '2026', pipeline);
    return kept as Record<string, string>;
  };
  const found = (changes: object = {}, of: object = {}, decision?: 'rejected') =>
    earlierApproval({ ...model, tags: tags(decision), ...of }, { ...inputs, ...changes });

  it('counts for the same version by the same demands, in any order', () => {
    assert.deepEqual(found(), { reason: 'why', at: '2026', build: 'https://build/1' });
    assert.ok(found({ criteria: [...inputs.criteria].reverse() }));
  });

  it('counts for nothing else', () => {
    assert.equal(found({}, {}, 'rejected'), undefined);
    for (const of of [{ name: 'n' }, { version: '2' }, { uri: 'azureml://m/2' }, { tags: {} }]) {
      assert.equal(found({}, of), undefined, JSON.stringify(of));
    }
    const changes: object[] = [
      { criteria: inputs.criteria.slice(1) },
      { criteria: parseCriteria('rmse <= 6\nmae <= 4').criteria },
      { criteria: parseCriteria('rmse < 5\nmae <= 4').criteria },
      { champion: 'none' },
      { championVersion: '3' },
      { firstModel: 'reject' },
      { metricsFrom: 'job' },
      { metricsFile: 'metrics.json' },
      { evaluation: { spec: {}, source: {} } },
    ];
    for (const change of changes) assert.equal(found(change), undefined, JSON.stringify(change));
  });

  it('names the release that made it, and not the build whose artifacts that releases', () => {
    const release = { id: '7', name: 'Release-7', environment: 'dev', url: 'https://release/7' };
    const kept = tagsOf({ decision: 'approved', reason: 'why' }, model, inputs, '2026', { ...pipeline, hostType: 'release', release }); // prettier-ignore
    assert.equal(kept.modelCard, 'https://release/7');
    assert.ok(!Object.values(kept).some((value) => value?.includes('https://build/1')));
  });

  it('counts for no criterion that asks for more, or for something else of the same metric', () => {
    const texts = [
      'recall >= 0.9',
      'recall[region=eu] >= 0.9',
      'recall >= champion',
      'recall >= champion - 0.1',
      'recall >= champion * 0.9',
      'recall >= 0.9 with 90% confidence',
      'recall >= 0.9 with 99% confidence',
      // 99% for each of ten looks is what 90% over ten asks; how many are meant differs.
      'recall >= 0.9 with 90% confidence over 10 looks',
      'min ratio of recall over region >= 0.9',
      'min ratio of recall over sex >= 0.9',
    ];
    for (const first of texts) {
      const { criteria } = parseCriteria(first);
      const kept = tagsOf({ decision: 'approved', reason: 'why' }, model, { ...inputs, criteria }, '2026', pipeline);
      assert.match(kept['evaluation.criteria']!, /^[0-9a-f]{16}$/);
      for (const second of texts) {
        const found = earlierApproval({ ...model, tags: kept as Record<string, string> }, { ...inputs, criteria: parseCriteria(second).criteria }); // prettier-ignore
        assert.equal(found !== undefined, first === second, `${first} approves ${second}`);
      }
    }
  });

  it('is kept with a reason that is no longer than a tag may be', () => {
    const reason = (length: number) =>
      tagsOf({ decision: 'approved', reason: 'x'.repeat(length) }, model, inputs, '2026', pipeline)[
        'evaluation.reason'
      ]!;
    assert.deepEqual([reason(250).length, reason(250).at(-1)], [250, 'x']);
    assert.deepEqual([reason(251).length, reason(251).at(-1)], [250, '…']);
  });
});
