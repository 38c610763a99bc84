import { createHash } from 'node:crypto';
import { createReadStream, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BuildError } from '../engine';
import { readIgnoreFile } from '../dockerfile/ignoreFile';

export interface ContextFile {
  /** Relative to the source that was asked for; '' for the source itself. */
  path: string;
  kind: 'directory' | 'file' | 'symlink';
  mode: number;
  size: number;
  /** Absolute path, or the content itself. */
  source: string | Buffer;
  target?: string;
}

export interface ContextSource {
  /** As in the context, e.g. src/score.py. */
  path: string;
  isDirectory: boolean;
  /** In the order of a layer. */
  files: ContextFile[];
}

/** The folder that a build copies from, without what .dockerignore leaves out. */
export class BuildContext {
  private readonly isIgnored: (path: string) => boolean;

  constructor(
    private readonly directory: string,
    options: { ignoreFile: boolean } = { ignoreFile: true },
  ) {
    const file = join(directory, '.dockerignore');
    const used = options.ignoreFile && existsSync(file);
    this.isIgnored = used ? readIgnoreFile(readFileSync(file, 'utf8')) : () => false;
  }

  /** Files and folders that a source of COPY names; it may hold the wildcards of Go's filepath.Match. */
  find(source: string): ContextSource[] {
    const parts = source.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) {
      throw new BuildError(`COPY failed: forbidden path outside the build context: ${source} ()`);
    }
    const matches = this.match('', parts);
    if (matches.length > 0) return matches.map((path) => this.read(path));
    if (/[*?[]/.test(source)) throw new BuildError('COPY failed: no source files were specified');
    throw new BuildError(
      `COPY failed: file not found in build context or excluded by .dockerignore: stat ${parts.join('/')}: file does not exist`,
    );
  }

  private match(folder: string, parts: string[]): string[] {
    const [part, ...rest] = parts;
    if (part === undefined) return [folder];
    const children = (names: string[]): string[] =>
      names.flatMap((name) => this.match(folder ? `${folder}/${name}` : name, rest));
    if (!/[*?[]/.test(part)) {
      const path = folder ? `${folder}/${part}` : part;
      if (!existsSync(join(this.directory, path)) || (rest.length === 0 && !this.holds(path))) return [];
      return this.match(path, rest);
    }
    const stats = statSync(join(this.directory, folder));
    if (!stats.isDirectory()) return [];
    const pattern = wildcard(part);
    return children(
      readdirSync(join(this.directory, folder))
        .filter((name) => pattern.test(name))
        .filter((name) => rest.length > 0 || this.holds(folder ? `${folder}/${name}` : name))
        .sort(),
    );
  }

  /** It is not left out, or something in it is not. */
  private holds(path: string): boolean {
    if (!this.isIgnored(path)) return true;
    const absolute = join(this.directory, path);
    if (!lstatSync(absolute).isDirectory()) return false;
    return readdirSync(absolute).some((name) => this.holds(`${path}/${name}`));
  }

  private read(path: string): ContextSource {
    const files: ContextFile[] = [];
    const visit = (relative: string): void => {
      const inContext = [path, relative].filter(Boolean).join('/');
      const absolute = join(this.directory, inContext);
      // A source itself is followed when it is a link; links within it stay links.
      const stats = relative === '' ? statSync(absolute) : lstatSync(absolute);
      const ignored = inContext !== '' && this.isIgnored(inContext);
      const mode = stats.mode & 0o777;
      if (stats.isDirectory()) {
        if (!ignored || this.holds(inContext)) {
          files.push({ path: relative, kind: 'directory', mode, size: 0, source: absolute });
        }
        for (const name of readdirSync(absolute).sort()) visit(relative ? `${relative}/${name}` : name);
      } else if (ignored) return;
      else if (stats.isSymbolicLink()) {
        files.push({
          path: relative,
          kind: 'symlink',
          mode,
          size: 0,
          source: absolute,
          target: readlinkSync(absolute),
        });
      } else if (stats.isFile()) files.push({ path: relative, kind: 'file', mode, size: stats.size, source: absolute });
    };
    visit('');
    return { path, isDirectory: files[0]?.kind === 'directory', files };
  }
}

/** What a cached step depends on: every path with its mode and the SHA-256 of its content. */
export async function fingerprint(sources: ContextSource[]): Promise<unknown[]> {
  const lines: unknown[] = [];
  for (const source of sources) {
    for (const file of source.files) {
      const content =
        typeof file.source === 'string' && file.kind === 'file' ? await hashFile(file.source) : file.target;
      lines.push([source.path, file.path, file.kind, file.mode, content]);
    }
  }
  return lines;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function wildcard(part: string): RegExp {
  const source = part
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]');
  return new RegExp(`^${source}$`);
}
