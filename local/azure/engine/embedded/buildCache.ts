import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layer, LayerStore } from './layerStore';

/** Raised when the engine makes other layers of the same instructions than before: what was cached then is not used. */
export const outcomeFormat = 2;

export interface CachedStep {
  /** Undefined when the instruction changed no file. */
  layer?: Layer;
  created: string;
}

/** The key of a step: what it stands on, and everything that its outcome depends on. */
export function stepKey(parent: string, ...parts: unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([parent, ...parts]))
    .digest('hex');
}

/** What instructions made earlier, by their keys; as Docker's build cache. */
export class BuildCache {
  private readonly directory: string;

  constructor(
    cacheDir: string,
    private readonly store: LayerStore,
  ) {
    this.directory = join(cacheDir, `build-steps-${outcomeFormat}`);
    mkdirSync(this.directory, { recursive: true });
  }

  find(key: string): CachedStep | undefined {
    const file = join(this.directory, `${key}.json`);
    if (!existsSync(file)) return undefined;
    const { diffId, created } = JSON.parse(readFileSync(file, 'utf8')) as { diffId?: string; created: string };
    if (diffId === undefined) return { created };
    const layer = this.store.find(diffId);
    return layer && { layer, created };
  }

  put(key: string, step: CachedStep): void {
    const file = join(this.directory, `${key}.json`);
    writeFileSync(`${file}.${process.pid}.new`, JSON.stringify({ diffId: step.layer?.diffId, created: step.created }));
    renameSync(`${file}.${process.pid}.new`, file);
  }
}
