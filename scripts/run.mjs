// Runs a program of this project as one file: what a user starts again and again (the quickstart, local Azure) would
// take most of a second to load as hundreds of TypeScript files by tsx. Packages stay where they are.
//
//   node scripts/run.mjs local/quickstart.ts [arguments]
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const entry = process.argv[2];
const file = join(root, 'dist', `${entry.replace(/\.ts$/, '')}.cjs`);
/** What the file was made of, and where. */
const recordFile = `${file}.json`;
/** What else it depends on: how it is made, and by which esbuild. */
const settings = ['scripts/run.mjs', 'tsconfig.json', 'package-lock.json'];

/** Tells a source from what it was before. */
function stamp(path) {
  const { mtimeMs, size } = statSync(path);
  return `${mtimeMs} ${size}`;
}

function isFresh() {
  try {
    const record = JSON.parse(readFileSync(recordFile, 'utf8'));
    return (
      record.root === root && Object.entries(record.inputs).every(([path, was]) => stamp(join(root, path)) === was)
    );
  } catch {
    return false;
  }
}

/**
 * Modules look for files beside their source.
 * @param inputs gets the stamp of each source, taken before it is read
 */
const sources = (inputs) => ({
  name: 'sources',
  setup({ onLoad }) {
    onLoad({ filter: /\.(ts|json)$/ }, ({ path }) => {
      inputs[relative(root, path)] = stamp(path);
      const text = readFileSync(path, 'utf8');
      const loader = extname(path).slice(1);
      if (loader === 'json') return { contents: text, loader };
      const place = `const __dirname = ${JSON.stringify(dirname(path))}, __filename = ${JSON.stringify(path)};`;
      return { contents: `${place} ${text}`, loader };
    });
  },
});

/** In one step, because another process may be about to run it. */
function replaceFile(path, contents) {
  writeFileSync(`${path}.${process.pid}.part`, contents);
  renameSync(`${path}.${process.pid}.part`, path);
}

/** Gives the program's text, and keeps it for the next start. */
async function make() {
  const { build } = await import('esbuild');
  const inputs = Object.fromEntries(settings.map((path) => [path, stamp(join(root, path))]));
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: file,
    write: false,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // For the stack traces in the log of local Azure.
    sourcemap: 'inline',
    sourcesContent: false,
    plugins: [sources(inputs)],
    logLevel: 'silent',
  });
  const text = outputFiles[0].text;
  try {
    mkdirSync(dirname(file), { recursive: true });
    replaceFile(file, text);
    replaceFile(recordFile, JSON.stringify({ root, inputs }));
  } catch (error) {
    // A project that one may only read can be run all the same.
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
  }
  return text;
}

// From Node 22 on what V8 makes of the program is kept too; what it starts uses the same folder.
Module.enableCompileCache?.(join(root, 'dist', 'compiled'));
const made = isFresh() ? undefined : await make();
process.setSourceMapsEnabled(true);
process.argv.splice(1, 2, join(root, entry));
if (made === undefined) createRequire(import.meta.url)(file);
else
  Object.assign(new Module(file), { filename: file, paths: Module._nodeModulePaths(dirname(file)) })._compile(
    made,
    file,
  );
