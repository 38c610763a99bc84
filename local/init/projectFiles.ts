import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const ignored = /^(\.|node_modules$|__pycache__$|venv$|env$|mlruns$|outputs$|tests?$|site-packages$|dist$|build$)/;
/** Deeper folders hold no project's main files. */
const deepest = 6;

/** The text files of a project by their paths from its root, with slashes, those nearer to the root first. */
export class ProjectFiles {
  readonly paths: string[];

  constructor(readonly root: string) {
    this.paths = list(root, '').sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  }

  has(file: string): boolean {
    return existsSync(path.join(this.root, file));
  }

  /** Windows' editors write UTF-16, and PowerShell's redirection does. */
  text(file: string): string {
    const bytes = readFileSync(path.join(this.root, file));
    const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
    return new TextDecoder(encoding).decode(bytes);
  }

  /** The first whose path fits, that of the wanted folder before others. */
  find(pattern: RegExp, folder?: string): string | undefined {
    const found = this.paths.filter((file) => pattern.test(path.posix.basename(file)));
    return found.find((file) => path.posix.dirname(file) === folder) ?? found[0];
  }

  python(): Array<{ file: string; text: string }> {
    return this.paths.filter((file) => file.endsWith('.py')).map((file) => ({ file, text: this.text(file) }));
  }
}

function list(root: string, folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isFile()) return [name];
    return entry.isDirectory() && !ignored.test(entry.name) && depth(name) < deepest ? list(root, name) : [];
  });
}

function depth(file: string): number {
  return file.split('/').length;
}
