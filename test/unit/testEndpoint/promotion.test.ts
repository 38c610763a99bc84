import assert from 'node:assert/strict';
import type { RegisteredModel } from '../../../tasks/common/azure/models';
import { promote, type ChampionRegistry } from '../../../tasks/TestEndpoint/promotion';

/** A registry whose listing sees all writes. */
class Registry implements ChampionRegistry {
  readonly tags = new Map<string, Record<string, string>>();
  constructor(versions: Record<string, string | undefined>) {
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
  async list(): Promise<RegisteredModel[]> {
    return [...this.tags].filter(([, tags]) => tags.champion).map(([version]) => this.model(version));
  }
  async tag(_name: string, version: string, changes: Record<string, string | undefined>): Promise<RegisteredModel> {
    const merged = { ...this.tags.get(version), ...changes };
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
  });
  it('leaves a later claim of another release in place', async () => {
    const registry = new Registry({ 1: undefined, 2: '2026-03-01T00:00:00.000Z' });
    const result = await promote(registry, 'm', '1', at('2026-02-01T00:00:00Z'));
    assert.deepEqual(registry.champions, ['2']);
    assert.deepEqual([result.isChampion, result.champion.version], [false, '2']);
  });
  it('leaves one champion however two releases interleave, even in the same millisecond', async () => {
    for (const times of [
      ['2026-02-01T00:00:00.000Z', '2026-02-01T00:00:00.001Z'],
      ['2026-02-01T00:00:00.001Z', '2026-02-01T00:00:00.000Z'],
      ['2026-02-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    ]) {
      const registry = new Registry({ 9: '2026-01-01T00:00:00.000Z', 10: undefined, 11: undefined });
      await Promise.all([promote(registry, 'm', '10', at(times[0]!)), promote(registry, 'm', '11', at(times[1]!))]);
      assert.equal(registry.champions.length, 1, `${times.join()} left ${registry.champions.join()}`);
    }
  });
});
