import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { bundledPackages, thirdPartyNotices } from '../../../scripts/thirdPartyNotices';

describe('The notices of what is bundled', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'notices-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  /** @returns its folder */
  function add(folder: string, license: unknown, files: Record<string, string>): string {
    const manifest = JSON.stringify({ name: folder.replace(/^.*node_modules\//, ''), version: '1.2.3', license });
    for (const [name, text] of Object.entries({ 'package.json': manifest, ...files })) {
      mkdirSync(dirname(join(root, folder, name)), { recursive: true });
      writeFileSync(join(root, folder, name), text);
    }
    return folder;
  }

  it('knows the packages of which there are bytes in the bundle, also those within others', () => {
    const inputs = {
      'tasks/Train/main.ts': { bytesInOutput: 5 },
      'node_modules/ms/index.js': { bytesInOutput: 5 },
      'node_modules/@azure/identity/dist/esm/index.js': { bytesInOutput: 5 },
      'node_modules/@azure/identity/dist/esm/more.js': { bytesInOutput: 1 },
      'node_modules/a/node_modules/@b/c/index.js': { bytesInOutput: 5 },
      'node_modules/shaken-off/index.js': { bytesInOutput: 0 },
    };
    assert.deepEqual(bundledPackages({ inputs: {}, outputs: { '<stdout>': { inputs } } } as unknown as Metafile), [
      'node_modules/ms',
      'node_modules/@azure/identity',
      'node_modules/a/node_modules/@b/c',
    ]);
  });

  it('holds the texts of each package once, in the order of their names', () => {
    const folders = [
      add('node_modules/z', 'Apache-2.0', { LICENSE: 'Apache\r\nterms\n', NOTICE: 'made by z' }),
      add('node_modules/@a/b', 'MIT', { 'license.md': 'Copyright b', 'license-check.js': 'no()' }),
      add('node_modules/z/node_modules/@a/b', 'MIT', { 'LICENCE.txt': 'Copyright b' }),
    ];
    const sections = thirdPartyNotices(root, [...folders, ...folders]).split(/\n+-{80}\n+/);
    assert.deepEqual(sections.slice(1), [
      '@a/b 1.2.3 (MIT)\n\nCopyright b',
      'z 1.2.3 (Apache-2.0)\n\nApache\nterms\n\nmade by z\n',
    ]);
  });

  it('are refused for a package without a text, or with a licence that nobody thought about', () => {
    const folders = [
      add('node_modules/silent', 'MIT', { 'README.md': 'MIT' }),
      add('node_modules/empty', 'ISC', { LICENSE: '\n' }),
      add('node_modules/sharing', 'GPL-3.0', { LICENSE: 'GPL' }),
      add('node_modules/unsaid', undefined, { LICENSE: 'what?' }),
    ];
    assert.throws(
      () => thirdPartyNotices(root, folders),
      (error: Error) =>
        ['silent 1.2.3: its package has no text', 'empty 1.2.3: its', '"GPL-3.0"', 'unsaid 1.2.3: the licence'].every(
          (part) => error.message.includes(part),
        ),
    );
  });
});
