import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { braceExpand, minimatch } from 'minimatch';
import { root } from './taskManifest';

/**
 * The files of a folder, and of those in it, that any of the patterns matches; both from the repository's root.
 * @throws where one matches none, or one of its alternatives in braces: what was renamed would be left out unnoticed
 */
export function matchingFiles(folder: string, patterns: string[]): string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
    (file) => `${folder}/${file.replaceAll('\\', '/')}`,
  );
  const alternatives = patterns.flatMap((pattern) => braceExpand(pattern));
  const vain = alternatives.filter((each) => !files.some((file) => minimatch(file, each)));
  if (vain.length > 0) throw new Error(`No file in ${folder} matches ${vain.join(', ')}.`);
  return files.filter((file) => alternatives.some((each) => minimatch(file, each)));
}
