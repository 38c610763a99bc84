import assert from 'node:assert/strict';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import { promote, type ChampionRegistry } from '../../../tasks/TestEndpoint/after/promotion';

/** A registry whose listing sees all writes. A tag is set as Azure ML wants it: read the version, write it back whole. */
class Registry implements ChampionRegistry {
  readonly tags = new Map<string, Record<string, string>>();
  /** Each request waits for its turn here; at once unless told. */
  constructor(
    versions: Record<string, string | undefined>,
    private readonly turn: () => Promise<void> = () => Promise.resolve(),
  ) {
    for (const [version, champion] of Object.entries(versions)) this.tags.set(version, champion ? { champion } : {});
  }
  private model(version: string): RegisteredModel {
    return {
      name: 'm',
      version,
      id: version,
      type: 'custom_model',
      uri: '',
      tags: { ...this.tags.get(version) },
      properties: {},
    };
  }
  async withTags(): Promise<RegisteredModel[]> {
    await this.turn();
    return this.champions.map((version) => this.model(version));
  }
  async tag(_name: string, version: string, changes: Record<string, string | undefined>): Promise<RegisteredModel> {
    await this.turn();
    const merged = { ...this.tags.get(version), ...changes };
    await this.turn();
    this.tags.set(
      version,
      Object.fromEntries(Object.entries(merged).filter((e): e is [string, string] => e[1] !== undefined)),
    );
    return this.model(version);
  }
  get champions(): string[] {
    return [...this.tags].filter(([, tags]) => tags.champion).map(([version]) => version);
  }
}
const at = (time: string) => ({ now: () => Date.parse(time), sleep: async () => {} });

describe('promotion', () => {
  it('moves the title from the former champion', async () => {
    const registry = new Registry({ 1: '2026-01-01T00:00:00.000Z', 2: undefined });
    const result = await promote(registry, 'm', '2', at('2026-02-01T00:00:00Z'));
    assert.deepEqual(registry.champions, ['2']);
    assert.deepEqual([result.isChampion, result.dethroned], [true, ['1']]);
    assert.equal(registry.tags.get('2')!.champion, '2026-02-01T00:00:00.000Z');
  });

  it('moves it though the clock of the former release was ahead of this one', async () => {
    const registry = new Registry({ 1: '2026-02-01T00:10:00.000Z', 2: undefined });
    const result = await promote(registry, 'm', '2', at('2026-02-01T00:00:00Z'));
    assert.deepEqual([registry.champions, result.isChampion], [['2'], true]);
    assert.equal(registry.tags.get('2')!.champion, '2026-02-01T00:10:00.001Z');
  });

  for (const tag of ['true', '9999', '3.4']) {
    it(`moves it from a version that somebody tagged by hand with ${tag}`, async () => {
      const registry = new Registry({ 1: tag, 2: undefined });
      const result = await promote(registry, 'm', '2', at('2026-02-01T00:00:00Z'));
      assert.deepEqual([registry.champions, result.dethroned], [['2'], ['1']]);
      assert.equal(registry.tags.get('2')!.champion, '2026-02-01T00:00:00.000Z');
    });
  }

  it('leaves the title where it is when the champion is promoted again', async () => {
    const registry = new Registry({ 1: undefined, 2: '2026-01-01T00:00:00.000Z' });
    const result = await promote(registry, 'm', '2', at('2026-02-01T00:00:00Z'));
    assert.deepEqual([registry.champions, result.isChampion, result.dethroned], [['2'], true, []]);
  });

  it('leaves a later claim of another release, made in the meantime, in place', async () => {
    const registry = new Registry({ 1: undefined, 2: undefined });
    const { tag } = registry;
    registry.tag = async (...claim) => {
      registry.tag = tag;
      const claimed = await registry.tag(...claim);
      await registry.tag('m', '2', { champion: '2026-03-01T00:00:00.000Z' });
      return claimed;
    };
    const result = await promote(registry, 'm', '1', at('2026-02-01T00:00:00Z'));
    assert.deepEqual(registry.champions, ['2']);
    assert.deepEqual([result.isChampion, result.champion.version], [false, '2']);
  });

  it('leaves one champion, of which both releases know, however their requests interleave', async () => {
    const times: Array<[string, string]> = [
      ['2026-02-01T00:00:00.000Z', '2026-02-01T00:00:00.001Z'],
      ['2026-02-01T00:00:00.001Z', '2026-02-01T00:00:00.000Z'],
      ['2026-02-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
      ['2025-02-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    ];
    for (const [first, second] of times) {
      // Each order is a path through a tree of choices; the last choice that has an untried side is turned next.
      let order: boolean[] | undefined = [];
      for (let tried = 0; order; tried++) {
        const { champions, results, taken } = await race(first, second, order);
        const story = `${first} and ${second}, order ${taken.map(Number).join('')}`;
        assert.equal(champions.length, 1, `${story} left ${champions.join(' and ') || 'none'}`);
        assert.equal(results.filter(({ isChampion }) => isChampion).length > 0, true, `${story}: somebody won`);
        for (const [index, { isChampion }] of results.entries())
          if (champions[0] === String(10 + index)) assert.ok(isChampion, `${story}: the champion knows it`);
        const turned = taken.lastIndexOf(false);
        order = turned < 0 ? undefined : [...taken.slice(0, turned), true];
        assert.ok(tried < 20_000);
      }
    }
  });

  /** Lets two releases promote 10 and 11 over 9; `order` says which one's request comes next, false is the first's. */
  async function race(first: string, second: string, order: readonly boolean[]) {
    const waiting: [Array<() => void>, Array<() => void>] = [[], []];
    const shared = new Registry({ 9: '2026-01-01T00:00:00.000Z', 10: undefined, 11: undefined });
    const release = (index: 0 | 1, time: string) => {
      const registry = new Registry({}, () => new Promise((resolve) => void waiting[index].push(resolve)));
      Object.defineProperty(registry, 'tags', { value: shared.tags });
      return promote(registry, 'm', String(10 + index), at(time));
    };
    let open = 2;
    const running = Promise.all(
      [release(0, first), release(1, second)].map((each) =>
        each.finally(() => {
          open--;
        }),
      ),
    );
    const taken: boolean[] = [];
    while (open > 0) {
      for (let settle = 0; settle < 10; settle++) await Promise.resolve();
      const [a, b] = waiting;
      if (a.length === 0 && b.length === 0) continue;
      if (a.length > 0 && b.length > 0) {
        const second = order[taken.length] ?? false;
        taken.push(second);
        (second ? b : a).shift()!();
      } else (a.shift() ?? b.shift())!();
    }
    return { champions: shared.champions, results: await running, taken };
  }
});
