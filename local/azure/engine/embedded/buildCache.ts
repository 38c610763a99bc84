import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layer, LayerStore } from './layerStore';

/** Raised when the engine makes other layers of the same instructions than before: what was cached then is not used. */
export const outcomeFormat = 3;

export interface CachedStep {
  /** Undefined when the instruction changed no file. */
  layer?: Layer;
  created: string;
  /** What the engine had to say when the step was carried out; it holds for the cached outcome as well. */
  notes: string[];
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
    const { diffId, ...step } = JSON.parse(readFileSync(file, 'utf8')) as Omit<CachedStep, 'layer'> & {
      diffId?: string;
    };
    if (diffId === undefined) return step;
    const layer = this.store.find(diffId);
    return layer && { layer, ...step };
  }

  put(key: string, { layer, ...others }: CachedStep): void {
    const file = join(this.directory, `${key}.json`);
    writeFileSync(`${file}.${process.pid}.new`, JSON.stringify({ diffId: layer?.diffId, ...others }));
    renameSync(`${file}.${process.pid}.new`, file);
  }
}
