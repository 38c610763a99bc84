/**
 * Reads a stack trace of a built task: each place in a bundle becomes the line of source that it came from.
 *
 *   npm run stack -- Train < stack.txt                                 of the last local build
 *   npm run stack -- Train dist/<publisher>.<id>-<version>.maps < …    of a release, whose maps were kept
 */
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { join, normalize } from 'node:path';
import { root } from './taskManifest';

/**
 * Replaces `task.js:14:411` and the like by the file, line and column of the source.
 * @param readMap gives the text of the map of a built file, such as task.js
 */
export function readStack(stack: string, readMap: (name: string) => string): string {
  const maps = new Map<string, SourceMap>();
  const mapOf = (name: string): SourceMap => {
    const known = maps.get(name) ?? new SourceMap(JSON.parse(readMap(name)) as SourceMapPayload);
    maps.set(name, known);
    return known;
  };
  return stack.replace(
    /[^\s()]*\b((?:taskLib|task|packages|worker)\.js):(\d+):(\d+)/g,
    (place, name: string, line, column) => {
      const entry = mapOf(name).findEntry(Number(line) - 1, Number(column) - 1);
      if (!('originalSource' in entry)) return place;
      // The maps lie three folders deep, as the built tasks do.
      const source = normalize(join('dist', 'maps', 'Any', entry.originalSource));
      return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    },
  );
}

if (require.main === module) {
  const [task, folder = join(root, 'dist', 'maps')] = process.argv.slice(2);
  if (!task) {
    console.error('Name the task: npm run stack -- Train < stack.txt');
    process.exitCode = 1;
  } else {
    console.log(readStack(readFileSync(0, 'utf8'), (name) => readFileSync(join(folder, task, `${name}.map`), 'utf8')));
  }
}
