import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkFolder } from '../workFolder';
import type { Layer, LayerStore } from './layerStore';
import { assembleRootFileSystem } from './rootFileSystem';
import type { Snapshot } from './snapshot';

/** One for what is built next and one for what is run next: the images of a pipeline differ by little. */
const mostKept = 2;

interface Kept {
  id: string;
  diffIds: string[];
  since: number;
}

/**
 * The root file systems of builds and containers. Those that nobody uses any more are kept in the cache as they were left,
 * and become the next ones: to make and to remove folders with thousands of files takes longer than to see that most of
 * them are right.
 */
export class RootFileSystems {
  private readonly directory: string;

  constructor(
    cacheDir: string,
    private readonly store: LayerStore,
    private readonly work: WorkFolder,
  ) {
    this.directory = join(cacheDir, 'roots');
  }

  /** The layers put together in a folder of the work folder; `files` is what stands in it. */
  async take(layers: Layer[], purpose: string): Promise<{ root: string; files: Snapshot }> {
    const former = this.work.reserve(purpose);
    if (this.claim(layers, former)) {
      try {
        return { root: former, files: await assembleRootFileSystem(this.store, layers, former) };
      } catch {
        // Something that its container left running may still be at work in it.
        this.work.discard(former);
      }
    }
    const root = this.work.reserve(purpose);
    try {
      return { root, files: await assembleRootFileSystem(this.store, layers, root) };
    } catch (error) {
      this.work.discard(root);
      throw error;
    }
  }

  /** @param layers what the root was last put together from */
  giveBack(root: string, layers: Layer[]): void {
    const id = randomBytes(6).toString('hex');
    try {
      mkdirSync(this.directory, { recursive: true });
      writeFileSync(this.record(id), JSON.stringify(layers.map(({ diffId }) => diffId)));
      renameSync(root, join(this.directory, id));
    } catch {
      rmSync(this.record(id), { force: true });
      this.work.discard(root);
    }
    const [, ...older] = this.kept().sort((a, b) => b.since - a.since);
    for (const { id } of older.slice(mostKept - 1)) {
      const aside = this.work.reserve('removed');
      if (this.move(id, aside)) this.work.discard(aside);
    }
  }

  /** Moves the kept one to `root` that has most of the layers in it, by their sizes; false if none has any. */
  private claim(layers: Layer[], root: string): boolean {
    const alike = ({ diffIds }: Kept): number =>
      layers.reduce((sum, { diffId, size }) => sum + (diffIds.includes(diffId) ? size : 0), 0);
    const best = this.kept()
      .filter((kept) => alike(kept) > 0)
      .sort((a, b) => alike(b) - alike(a));
    // Another local cloud may be faster.
    return best.some(({ id }) => this.move(id, root));
  }

  private kept(): Kept[] {
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory).flatMap((name) => {
      const id = name.replace(/\.json$/, '');
      if (id === name) return [];
      try {
        const diffIds = JSON.parse(readFileSync(this.record(id), 'utf8')) as string[];
        return [{ id, diffIds, since: statSync(this.record(id)).mtimeMs }];
      } catch {
        return [];
      }
    });
  }

  /** Whoever moves it has it. */
  private move(id: string, to: string): boolean {
    try {
      renameSync(join(this.directory, id), to);
    } catch {
      return false;
    }
    rmSync(this.record(id), { force: true });
    return true;
  }

  private record(id: string): string {
    return join(this.directory, `${id}.json`);
  }
}
