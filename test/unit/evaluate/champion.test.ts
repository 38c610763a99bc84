import assert from 'node:assert/strict';
import sinon from 'sinon';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import type { TaskFailure } from '../../../tasks/common/taskFailure';
import { findChampion } from '../../../tasks/Evaluate/champion';
import { modelVersion } from './modelVersion';

/** A version, registered on a day of the year or at a time that nobody knows, and what is tagged of it. */
const version = (number: string, day?: number, tags: Record<string, string> = {}): RegisteredModel =>
  modelVersion({ name: 'm', version: number, tags, createdAt: day === undefined ? undefined : new Date(2026, 0, day) }); // prettier-ignore
const approved = (number: string, day?: number, at?: string) =>
  version(number, day, { evaluation: 'approved', ...(at && { 'evaluation.at': at }) });

interface World {
  readonly candidate?: RegisteredModel;
  readonly tagged?: RegisteredModel;
  readonly running?: Record<string, string>;
  readonly versions?: readonly RegisteredModel[];
}

describe('Evaluate: whom the candidate is compared with', () => {
  async function find({ candidate = version('7'), tagged, running = {}, versions = [] }: World, named?: string) {
    const models = {
      champion: sinon.stub().resolves(tagged),
      find: sinon.stub().callsFake(async (_name: string, number: string) => versions.find((each) => each.version === number)), // prettier-ignore
      withTags: sinon.stub().resolves([...versions]),
    };
    const inputs = named === undefined ? ({ champion: 'tagged' } as const) : ({ champion: 'version', championVersion: named } as const); // prettier-ignore
    const found = await findChampion(models, async () => new Map(Object.entries(running)), candidate, inputs);
    return { ...found, number: found.champion?.version, models };
  }

  it('is the champion where there is one, whatever runs', async () => {
    const { number, standsInFor } = await find({ tagged: version('3'), running: { 5: 'g' }, versions: [version('5')] });
    assert.deepEqual([number, standsInFor], ['3', undefined]);
  });

  it('is the version that is named, which must be there', async () => {
    const versions = [version('3')];
    const { number, models } = await find({ versions }, '3');
    assert.equal(number, '3');
    assert.deepEqual(models.find.firstCall.args, ['m', '3', true], 'a passing 404 is asked about again');
    await assert.rejects(find({ versions }, '4'), (error: TaskFailure) => {
      assert.match(
        error.message,
        /championVersion: the model "m" has no version "4"\. Name a version that is registered/,
      );
      assert.equal(error.help, 'the-champion');
      return true;
    });
  });

  for (const [what, world, expected] of [
    [
      'the newest that runs',
      { running: { 2: 'a', 5: 'b', 4: 'c' }, versions: [version('2'), version('5'), version('4')] },
      '5',
    ],
    ['nobody where only itself runs', { running: { 7: 'a' }, versions: [version('7')] }, undefined],
    ['nobody where what runs is gone from the registry', { running: { 5: 'a' } }, undefined],
    ['the newest that was approved', { versions: [approved('2'), approved('6'), approved('5')] }, '6'],
    [
      'nobody that was not approved',
      { versions: [version('6'), version('5', 1, { evaluation: 'rejected' })] },
      undefined,
    ],
    ['numbers as numbers', { candidate: version('10'), versions: [approved('9'), approved('8')] }, '9'],
    ['not what came later, by its number', { versions: [approved('8'), approved('10')] }, undefined],
    ['not itself', { versions: [approved('7')] }, undefined],
    [
      'what is newer by its day, before its number',
      { candidate: version('7', 20), versions: [approved('9', 3), approved('2', 10), approved('5', 4)] },
      '2',
    ],
    [
      'not what was registered later, though its number is lower',
      { candidate: version('7', 5), versions: [approved('2', 6)] },
      undefined,
    ],
    [
      'by the number where the days are the same',
      { candidate: version('7', 5), versions: [approved('2', 5), approved('3', 5)] },
      '3',
    ],
    [
      'by the number where a day is not known',
      { candidate: version('7', 5), versions: [approved('2'), approved('8')] },
      '2',
    ],
    [
      'versions that are words by their letters',
      { candidate: version('c'), versions: [approved('a'), approved('b'), approved('d')] },
      'b',
    ],
  ] as Array<[string, World, string | undefined]>) {
    // prettier-ignore
    it(`is ${what}`, async () => {
      assert.equal((await find(world)).number, expected);
    });
  }

  it('is said to stand in for a champion, and why', async () => {
    const running = await find({ running: { 5: 'group' }, versions: [version('5')] });
    assert.equal(running.standsInFor, 'No version is champion yet. Compared with is version 5, which runs in the container group group.'); // prettier-ignore
    assert.deepEqual(running.models.find.firstCall.args, ['m', '5', true]);
    for (const [at, when] of [
      ['2026-01-02', ' on 2026-01-02'],
      [undefined, ''],
    ]) {
      const { standsInFor } = await find({ versions: [approved('5', 1, at)] });
      assert.equal(standsInFor, `No version is champion yet. Compared with is version 5, the newest that was approved before${when}.`); // prettier-ignore
    }
  });
});
