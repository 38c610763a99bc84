// Runs a program of this project as one file: what a user starts again and again (the quickstart, local Azure) would
// take most of a second to load as hundreds of TypeScript files by tsx. Packages stay where they are.
//
//   node scripts/run.mjs local/quickstart.ts [arguments]
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const entry = process.argv[2];
const file = join(root, 'dist', `${entry.replace(/\.ts$/, '')}.cjs`);
/** What the file was made of, and where. */
const recordFile = `${file}.json`;

function isFresh() {
  try {
    const record = JSON.parse(readFileSync(recordFile, 'utf8'));
    const made = statSync(file).mtimeMs;
    return record.root === root && record.inputs.every((input) => statSync(join(root, input)).mtimeMs < made);
  } catch {
    return false;
  }
}

/** Modules look for files beside their source. */
const atTheirPlace = {
  name: 'at their place',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const place = `const __dirname = ${JSON.stringify(dirname(path))}, __filename = ${JSON.stringify(path)};`;
      return { contents: `${place} ${readFileSync(path, 'utf8')}`, loader: 'ts' };
    });
  },
};

/** In one step, because another process may be about to run it. */
function replaceFile(path, contents) {
  writeFileSync(`${path}.${process.pid}.part`, contents);
  renameSync(`${path}.${process.pid}.part`, path);
}

async function make() {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: file,
    write: false,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    plugins: [atTheirPlace],
    metafile: true,
    logLevel: 'silent',
  });
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, outputFiles[0].contents);
  replaceFile(recordFile, JSON.stringify({ root, inputs: Object.keys(metafile.inputs) }));
}

if (!isFresh()) await make();
process.argv.splice(1, 2, join(root, entry));
createRequire(import.meta.url)(file);
