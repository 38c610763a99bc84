import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { byPath, type LayerEntry } from './layerEntry';

/** Files up to this size are looked through for the place where they were written, in bytes. */
const largestText = 4 << 20;

/**
 * Reads files of a root file system as entries of a layer. A script's interpreter, a link's target or a path in a text that
 * names the place where the root file system lies names the image's root instead.
 */
export class RootFileReader {
  private readonly names: string[];

  constructor(private readonly root: string) {
    // Programs may have resolved the path.
    this.names = [...new Set([realpathSync(root), root])].sort((a, b) => b.length - a.length);
  }

  /** Undefined for what no layer can hold: a socket, a pipe. */
  entry(relative: string, path = relative): LayerEntry | undefined {
    const file = join(this.root, relative);
    const stats = lstatSync(file);
    const mode = stats.mode & 0o777;
    if (stats.isDirectory()) return { type: 'directory', path, mode };
    if (stats.isSymbolicLink()) return { type: 'symlink', path, target: this.relocated(readlinkSync(file)) };
    if (!stats.isFile()) return undefined;
    const content = stats.size <= largestText ? this.relocatedContent(file) : undefined;
    return { type: 'file', path, mode, size: content?.length ?? stats.size, source: content ?? file };
  }

  /** A file, or a folder with all that is in it, in the order of a layer; `path` '' means only the folder's content. */
  async entries(relative: string, path: string): Promise<LayerEntry[]> {
    const entries: LayerEntry[] = [];
    const visit = async (from: string, to: string): Promise<void> => {
      // The server goes on answering meanwhile.
      if (entries.length % 200 === 199) await new Promise((resolve) => setImmediate(resolve));
      const entry = this.entry(from, to);
      if (!entry) return;
      if (to) entries.push(entry);
      if (entry.type !== 'directory') return;
      for (const name of readdirSync(join(this.root, from))) await visit(join(from, name), to ? `${to}/${name}` : name);
    };
    await visit(relative, path);
    return entries.sort(byPath);
  }

  /** Undefined when the file does not name the root, or is a binary of a kind that must not be touched. */
  private relocatedContent(file: string): Buffer | undefined {
    const content = readFileSync(file);
    if (!this.names.some((name) => content.includes(name))) return undefined;
    if (file.endsWith('.pyc')) return this.relocatedBytecode(content);
    if (content.subarray(0, 8192).includes(0)) return undefined;
    return Buffer.from(this.relocated(content.toString('latin1')), 'latin1');
  }

  /** Python's compiled files hold their source's path with its length: slashes in place of the root leave it as long. */
  private relocatedBytecode(content: Buffer): Buffer {
    for (const name of this.names) {
      for (let at = content.indexOf(name); at >= 0; at = content.indexOf(name, at)) {
        content.fill('/', at, at + Buffer.byteLength(name));
      }
    }
    return content;
  }

  private relocated(text: string): string {
    let result = text;
    for (const name of this.names) {
      const encoded = Buffer.from(name).toString('latin1');
      result = result.replaceAll(`${encoded}/`, '/').replaceAll(encoded, '/');
    }
    return result;
  }
}
