/**
 * ThirdPartyNotices.txt of the extension: the copyright and licence of every package that stands in a bundle, which MIT,
 * BSD and Apache demand in each copy.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Metafile } from 'esbuild';

export const noticesFile = 'ThirdPartyNotices.txt';

/** Licences that ask for no more than that their text goes along. Of others somebody must think before they are bundled. */
const allowed = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']);

/** Folders, relative to the project's root, of the packages that esbuild put into a bundle. */
export function bundledPackages(metafile: Metafile): string[] {
  const folders = new Set<string>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const match = /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file.split(sep).join('/'));
      if (match && bytesInOutput > 0) folders.add(match[1]!);
    }
  }
  return [...folders];
}

/**
 * The text for these packages, in the order of their names.
 * @param folders relative to `root`; a package may be named more than once
 * @throws Error with every package that has no text of a licence, or not one of the allowed licences
 */
export function thirdPartyNotices(root: string, folders: readonly string[]): string {
  const sections = new Map<string, string>();
  const problems = new Set<string>();
  for (const folder of new Set(folders)) {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
      license?: unknown;
    };
    const title = `${name} ${version}`;
    const texts = licenceTexts(join(root, folder));
    if (typeof license !== 'string' || !allowed.has(license)) {
      problems.add(`${title}: the licence ${JSON.stringify(license)} is not among ${[...allowed].join(', ')}.`);
    } else if (texts.length === 0) problems.add(`${title}: its package has no text of its licence, ${license}.`);
    else sections.set(title, [`${title} (${license})`, ...texts].join('\n\n'));
  }
  if (problems.size > 0) throw new Error(`What is bundled cannot be given away as it is:\n${[...problems].join('\n')}`);
  const line = `\n\n${'-'.repeat(80)}\n\n`;
  const first = 'The tasks of this extension hold the following software of others, each under its own licence.';
  return `${[first, ...[...sections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)].join(line)}\n`;
}

/** Of the licence, and of the notice that goes with Apache's. */
function licenceTexts(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice)\b(?!.*\.(js|ts|json)$)/i.test(entry.name))
    .map(({ name }) => name)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').replace(/\r\n/g, '\n').trim())
    .filter((text) => text !== '');
}
