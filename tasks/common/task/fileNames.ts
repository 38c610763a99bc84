import * as path from 'node:path';

/** A folder that a file's name may start at. */
export interface Place {
  readonly folder: string;
  /** Stands before the path of a file within where that path is not enough; the sources need none. */
  readonly name?: string;
}

interface NamedFile {
  readonly path: string;
  readonly name: string;
}

/**
 * Calls each file by its path from the first place that it lies in, or by its last part where it lies in none: a record goes where
 * nobody knows the folders of an agent. Those that would have one name get more of their paths in front, until they differ.
 * @param files absolute paths, each once
 */
export function withNames(files: readonly string[], places: readonly Place[]): NamedFile[] {
  let named = files.map((file) => ({ file, names: namesOf(file, places) }));
  for (;;) {
    const count = new Map<string, number>();
    for (const { names } of named) count.set(names[0]!, (count.get(names[0]!) ?? 0) + 1);
    const isShort = ({ names }: { names: readonly string[] }) => names.length > 1 && count.get(names[0]!)! > 1;
    if (!named.some(isShort)) return named.map(({ file, names }) => ({ path: file, name: names[0]! }));
    named = named.map((each) => (isShort(each) ? { ...each, names: each.names.slice(1) } : each));
  }
}

/** What the file may be called, the shortest first. */
function namesOf(file: string, places: readonly Place[]): string[] {
  for (const { folder, name } of places) {
    const within = path.relative(folder, file);
    if (/^\.\.([\\/]|$)/.test(within) || path.isAbsolute(within)) continue;
    const slashed = within.replaceAll(path.sep, '/');
    return name === undefined ? [slashed] : [slashed, `${name}/${slashed}`];
  }
  // A drive is a folder as any other, so that no name is an absolute path.
  const parts = path
    .resolve(file)
    .split(path.sep)
    .flatMap((part) => part.replace(/:$/, '') || []);
  return parts.map((_, index) => parts.slice(-index - 1).join('/'));
}
