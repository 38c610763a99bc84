/**
 * Builds the tab that the extension adds to a run: one page, one script, one style sheet.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './taskManifest';
import { bundledPackages } from './thirdPartyNotices';

const sources = join(root, 'views');
const styleSheets = ['theme.css', 'model.css', 'tab/tab.css'];

export interface BuiltTab {
  /** Names of the files in the folder. */
  files: string[];
  /** Folders, relative to the project's root, of the packages in its script. */
  packages: string[];
}

/** Builds the tab into a folder. */
export async function buildTab(folder: string): Promise<BuiltTab> {
  const script = await build({
    absWorkingDir: root,
    entryPoints: [join(sources, 'tab', 'main.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    minify: true,
    legalComments: 'eof',
    metafile: true,
    logLevel: 'silent',
  });
  const style = await Promise.all(styleSheets.map((file) => readFile(join(sources, file), 'utf8')));
  const files = new Map<string, Uint8Array | string>([
    ['index.html', await readFile(join(sources, 'tab', 'index.html'))],
    ['tab.css', style.join('\n')],
    ['tab.js', script.outputFiles[0]!.contents],
  ]);
  await mkdir(folder, { recursive: true });
  for (const [name, content] of files) await writeFile(join(folder, name), content);
  return { files: [...files.keys()], packages: bundledPackages(script.metafile) };
}
