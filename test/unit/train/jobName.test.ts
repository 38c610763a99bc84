import assert from 'node:assert/strict';
import type { Pipeline } from '../../../tasks/common/pipeline';
import { jobNameBase } from '../../../tasks/Train/jobName';
import { buildPipeline } from '../../support/taskContext';

const pipeline = buildPipeline('/');
const name = (change: Partial<Pipeline> = {}, title = 'quickstart') => jobNameBase(title, { ...pipeline, ...change });
const release = { id: '42', name: 'Release-42', environment: 'production', url: '' };
const withoutBuild = { build: undefined };

describe('Train: name of the job', () => {
  it('is the same in every attempt, though the instance of the task is another', () => {
    const again = name({
      stage: { ...pipeline.stage, attempt: 2 },
      job: { ...pipeline.job, id: 'k', attempt: 3 },
      taskInstanceId: 'i2',
    });
    assert.equal(again, name());
  });

  for (const [what, change] of [
    ['another run', { build: { ...pipeline.build!, id: '43' } }],
    ['another stage', { stage: { name: 'other', attempt: 1 } }],
    ['another job', { job: { id: 'j', name: 'other', attempt: 1 } }],
    ['another step of the same job', { step: 'train2' }],
    ['the build of that number in another project', { projectId: 'project-2' }],
    ['the build of that number in another organization', { collectionUri: 'https://dev.azure.com/other/' }],
    ['the release of that number', { release }],
  ] satisfies Array<[string, Partial<Pipeline>]>) {
    it(`is another for ${what}`, () => assert.notEqual(name(change), name()));
  }

  it('is another for another environment of a release, and for another plan where there is neither build nor release', () => {
    assert.notEqual(name({ release: { ...release, environment: 'test' } }), name({ release }));
    assert.notEqual(name({ ...withoutBuild, planId: 'plan-2' }), name(withoutBuild));
  });

  it('is that of the project by its id, however it is called; by its name where it has no id', () => {
    assert.equal(name({ project: 'renamed' }), name());
    assert.notEqual(name({ projectId: '', project: 'other' }), name({ projectId: '' }));
  });

  it('keeps apart what only joined would be the same', () => {
    const parts = (stage: string, job: string) => name({ stage: { name: stage, attempt: 1 }, job: { ...pipeline.job, name: job } }); // prettier-ignore
    assert.notEqual(parts('a', 'bc'), parts('ab', 'c'));
  });

  for (const [title, change, expected] of [
    ['quickstart', {}, 'quickstart-42'],
    ['quickstart', { release: { ...release, id: '7' } }, 'quickstart-7'],
    ['quickstart', withoutBuild, 'quickstart'],
    ['My experiment (new)!', {}, 'My-experiment-new-42'],
    ['--a__b--', {}, 'a-b-42'],
    ['Größe', {}, 'Gr-e-42'],
    ['日本', {}, 'train-42'],
    ['x'.repeat(60), {}, `${'x'.repeat(48)}-42`],
  ] satisfies Array<[string, Partial<Pipeline>, string]>) {
    it(`begins with what people know it by: ${expected}`, () => {
      const [, hash] = new RegExp(`^${expected}-([0-9a-f]{10})$`).exec(name(change, title)) ?? [];
      assert.ok(hash, name(change, title));
    });
  }
});
