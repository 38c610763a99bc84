import { createHash, randomUUID, type Hash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, deflateSync } from 'node:zlib';
import { pack as createPack } from 'tar-stream';
import { layerTime, whiteout, type LayerEntry } from './layerEntry';
import { UnpackedLayer } from './unpackedLayer';

/** A layer as a manifest names it. */
export interface Layer {
  /** Of the uncompressed archive. */
  diffId: string;
  /** Of the compressed one, and its size in bytes. */
  digest: string;
  size: number;
}

/** How many times bigger a layer usually is when it is unpacked. */
const usualCompression = 3;
/** Files up to this size are read at once; bigger ones are streamed. */
const smallFile = 1 << 20;

/**
 * The layers on this machine, each in a folder named by its diff id: the compressed archive as it is pushed, and, once it was
 * needed, its content unpacked.
 */
export class LayerStore {
  private readonly directory: string;
  private readonly unpacking = new Map<string, Promise<UnpackedLayer>>();

  constructor(cacheDir: string) {
    this.directory = join(cacheDir, 'layers');
    mkdirSync(this.directory, { recursive: true });
  }

  find(diffId: string): Layer | undefined {
    const file = join(this.folder(diffId), 'layer.json');
    if (!existsSync(file)) return undefined;
    // What was used last is kept longest.
    const now = new Date();
    utimesSync(file, now, now);
    return JSON.parse(readFileSync(file, 'utf8')) as Layer;
  }

  /** Removes what has not been used for longest until the layers take no more than that many bytes. */
  async prune(mostBytes: number): Promise<void> {
    const layers = readdirSync(this.directory).flatMap((name) => {
      const file = join(this.directory, name, 'layer.json');
      const used = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
      if (used === undefined) return [];
      const { size } = JSON.parse(readFileSync(file, 'utf8')) as Layer;
      return [{ folder: join(this.directory, name), used, bytes: size * (1 + usualCompression) }];
    });
    layers.sort((a, b) => b.used - a.used);
    let sum = 0;
    for (const { folder, used, bytes } of layers) {
      sum += bytes;
      // A build of another local cloud may have just made it.
      if (sum <= mostBytes || Date.now() - used < 3_600_000) continue;
      // Its record goes first: without it the layer is not there.
      await rm(join(folder, 'layer.json'), { force: true });
      await rm(folder, { recursive: true, force: true });
    }
  }

  archive(layer: Layer): string {
    return join(this.folder(layer.diffId), 'layer.tar.gz');
  }

  /**
   * Makes a layer of changes in the order of their paths. The source files must be the engine's own: they become part of
   * the store by hard links, and must not be written to afterwards.
   */
  async create(entries: LayerEntry[]): Promise<Layer> {
    const folder = this.newFolder();
    try {
      const pack = createPack();
      const gzip = createGzip({ level: compressionLevel(entries) });
      const written = this.compress(pack as unknown as Readable, join(folder, 'layer.tar.gz'), gzip);
      await Promise.all([writeEntries(pack, entries), written]);
      const layer = await written;
      if (!existsSync(this.folder(layer.diffId))) await UnpackedLayer.adopt(join(folder, 'content'), entries);
      return await this.settle(folder, layer);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Takes in a layer from a registry. Throws when its content is not what the image's config says. */
  async import(content: Readable, expected: { diffId: string; mediaType: string }): Promise<Layer> {
    const folder = this.newFolder();
    try {
      const file = join(folder, 'layer.tar.gz');
      let layer: Layer;
      if (/zstd$/.test(expected.mediaType)) throw new Error('layers compressed with zstd are not supported');
      if (/gzip$/.test(expected.mediaType)) {
        const compressed = new Measure();
        await pipeline(content, compressed, createWriteStream(file));
        const plain = new Measure();
        await pipeline(createReadStream(file), createGunzip(), plain, drain());
        layer = { diffId: plain.digest(), digest: compressed.digest(), size: compressed.size };
      } else layer = await this.compress(content, file, createGzip({ level: 1 }));
      if (layer.diffId !== expected.diffId) {
        throw new Error(`the layer's content is ${layer.diffId}, but the image's config says ${expected.diffId}`);
      }
      return await this.settle(folder, layer);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The layer's content as files; unpacked at the first call, and again after `damaged`, whichever local cloud called that. */
  async unpacked(layer: Layer): Promise<UnpackedLayer> {
    const { diffId } = layer;
    const opened = this.unpacking.get(diffId);
    if (opened && (await opened).isInPlace()) return opened;
    // Others may have seen it meanwhile.
    if (this.unpacking.get(diffId) !== opened) return this.unpacked(layer);
    const opening = UnpackedLayer.open(join(this.folder(diffId), 'content'), this.archive(layer));
    this.unpacking.set(diffId, opening);
    opening.catch(() => this.unpacking.delete(diffId));
    return opening;
  }

  /** Called when a process changed a file that it shares with the unpacked layer. */
  async damaged(layer: Layer): Promise<void> {
    this.unpacking.delete(layer.diffId);
    const aside = join(this.directory, `.damaged-${randomUUID()}`);
    await rename(join(this.folder(layer.diffId), 'content'), aside).catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
  }

  private async compress(content: Readable, file: string, gzip: Transform): Promise<Layer> {
    const plain = new Measure();
    const compressed = new Measure();
    await pipeline(content, plain, gzip, compressed, createWriteStream(file));
    return { diffId: plain.digest(), digest: compressed.digest(), size: compressed.size };
  }

  /** Another build may have made the same layer meanwhile: then that one stays. */
  private async settle(folder: string, layer: Layer): Promise<Layer> {
    writeFileSync(join(folder, 'layer.json'), JSON.stringify(layer));
    const known = this.find(layer.diffId);
    if (!known) {
      try {
        await rename(folder, this.folder(layer.diffId));
        return layer;
      } catch (error) {
        if (!existsSync(this.folder(layer.diffId))) throw error;
      }
    }
    await rm(folder, { recursive: true, force: true });
    return this.find(layer.diffId) as Layer;
  }

  private folder(diffId: string): string {
    return join(this.directory, diffId.replace(/^sha256:/, ''));
  }

  private newFolder(): string {
    const folder = join(this.directory, `.new-${randomUUID()}`);
    mkdirSync(folder);
    return folder;
  }
}

/** Passes content on and knows its digest and size at the end. */
class Measure extends Transform {
  size = 0;
  private readonly hash: Hash = createHash('sha256');

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.size += chunk.length;
    this.hash.update(chunk);
    done(null, chunk);
  }

  digest(): string {
    return `sha256:${this.hash.digest('hex')}`;
  }
}

const drain =
  () =>
  async (stream: AsyncIterable<unknown>): Promise<void> => {
    for await (const _chunk of stream);
  };

async function writeEntries(pack: ReturnType<typeof createPack>, entries: LayerEntry[]): Promise<void> {
  const owner = { uid: 0, gid: 0, uname: '', gname: '', mtime: layerTime };
  for (const entry of entries) {
    const add = (
      header: { name: string; mode: number; type?: 'file' | 'directory' | 'symlink'; linkname?: string },
      content?: Buffer,
    ) =>
      new Promise<void>((resolve, reject) => {
        pack.entry({ ...owner, ...header }, content ?? '', (error) => (error ? reject(error) : resolve()));
      });
    switch (entry.type) {
      case 'directory':
        await add({ name: `${entry.path}/`, mode: entry.mode, type: 'directory' });
        break;
      case 'symlink':
        await add({ name: entry.path, mode: 0o777, type: 'symlink', linkname: entry.target });
        break;
      case 'removed':
        await add({ name: join(dirname(entry.path), whiteout + basename(entry.path)), mode: 0o644 });
        break;
      case 'file': {
        const { path: name, mode, size, source } = entry;
        if (Buffer.isBuffer(source)) await add({ name, mode }, source);
        else if (size <= smallFile) await add({ name, mode }, readPart(source, 0, size));
        else {
          const sink = pack.entry({ ...owner, name, mode, size });
          await pipeline(createReadStream(source), sink as unknown as NodeJS.WritableStream);
        }
      }
    }
  }
  pack.finalize();
}

/**
 * 0 where the biggest file is big and hardly compressible, as weights of models are: that would take most of a build's time
 * for nothing. Else 1, the fastest.
 */
function compressionLevel(entries: LayerEntry[]): 0 | 1 {
  const files = entries.flatMap((entry) => (entry.type === 'file' ? [entry] : []));
  const biggest = files.reduce((a, b) => (b.size > a.size ? b : a), files[0] ?? { size: 0, source: '' });
  if (biggest.size < 64 * smallFile || Buffer.isBuffer(biggest.source)) return 1;
  const sample = readPart(biggest.source, Math.floor(biggest.size / 2), smallFile);
  return deflateSync(sample, { level: 1 }).length > 0.9 * sample.length ? 0 : 1;
}

/** Exactly as many bytes as asked for, so that a file that changes meanwhile does not break the archive. */
function readPart(file: string, start: number, size: number): Buffer {
  const content = Buffer.alloc(size);
  const descriptor = openSync(file, 'r');
  try {
    for (let at = 0; at < size;) {
      const count = readSync(descriptor, content, at, size - at, start + at);
      if (count === 0) throw new Error(`${file} became shorter while it was read`);
      at += count;
    }
    return content;
  } finally {
    closeSync(descriptor);
  }
}
