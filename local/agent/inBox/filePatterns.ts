import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { minimatch, type MinimatchOptions } from 'minimatch';

/** All that is beneath a folder, and the folder itself: absolute paths; links are followed, as task-lib's find does. */
export function pathsIn(folder: string): string[] {
  const root = path.resolve(folder);
  if (!statSync(root, { throwIfNoEntry: false })) return [];
  const visit = (at: string, above: string[]): string[] => {
    const status = statSync(at, { throwIfNoEntry: false });
    if (!status?.isDirectory()) return [at];
    const identity = `${status.dev}:${status.ino}`;
    // A link that leads back into a folder around it.
    if (above.includes(identity)) return [];
    const inner = readdirSync(at).sort();
    return [at, ...inner.flatMap((name) => visit(path.join(at, name), [...above, identity]))];
  };
  return visit(root, []);
}

/** The files among them. */
export function filesIn(folder: string): string[] {
  return pathsIn(folder).filter((file) => !statSync(file, { throwIfNoEntry: false })?.isDirectory());
}

/**
 * The paths that the patterns choose, as task-lib's match does: each pattern adds to those before it, one with `!` takes
 * away, `#` begins a comment. A relative pattern starts at the root.
 */
export function match(
  paths: string[],
  patterns: string[],
  root: string,
  options: MinimatchOptions = { dot: true, nobrace: true },
): string[] {
  const chosen = new Set<string>();
  for (const pattern of patterns.map((line) => line.trim())) {
    if (pattern === '' || pattern.startsWith('#')) continue;
    const marks = /^!*/.exec(pattern)![0].length;
    const body = pattern.slice(marks);
    // A root may hold characters that mean something in a pattern, so that patterns are compared with what is below it.
    const place = path.isAbsolute(body) ? '' : `${path.resolve(root)}/`;
    const fits = (file: string): boolean =>
      file.startsWith(place) &&
      minimatch(file.slice(place.length), body, { ...options, nonegate: true, nocomment: true });
    for (const file of paths) {
      if (!fits(file)) continue;
      if (marks % 2 === 0) chosen.add(file);
      else chosen.delete(file);
    }
  }
  return paths.filter((file) => chosen.has(file));
}
