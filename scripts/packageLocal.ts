/**
 * Makes one tarball of what runs a pipeline on one machine, with the built tasks inside: the program `mlops-local`.
 *
 *   npm run package:local
 *   npx --package dist/mlops-azure-devops-local-<version>.tgz mlops-local run azure-pipelines.yml
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { buildTasks } from './build';
import { readJson, root, taskFolders } from './taskManifest';
import { noticesFile, thirdPartyNotices } from './thirdPartyNotices';

/** The programs of the package: the command line, and what it starts. */
const programs = ['local/cli.ts', 'local/azure/main.ts', 'local/azure/engine/embedded/condaProgram.ts'];
/** Started by its file, so that no program imports it. */
const startedPackages = ['azurite'];
/** What the programs read beside themselves, from the root on. */
const data = [
  'LICENSE',
  'vss-extension.json',
  'templates/build',
  'docs/guides/running-locally.md',
  'examples/model-card.md',
];

export const localPackageName = 'mlops-azure-devops-local';

interface PackageJson {
  version: string;
  license: string;
  engines: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

/** Makes the tarball and gives its path. */
export async function packageLocal(outputFolder = join(root, 'dist')): Promise<string> {
  const folder = join(root, 'dist', 'local-package');
  rmSync(folder, { recursive: true, force: true });
  const place = { tasks: join(folder, 'dist', 'tasks'), maps: join(folder, 'maps'), linked: false };
  const built = await buildTasks(taskFolders(), place);
  rmSync(place.maps, { recursive: true, force: true });
  const metafiles = await Promise.all(programs.map((program) => bundle(program, folder)));
  copyData(folder);
  writeFileSync(
    join(folder, noticesFile),
    thirdPartyNotices(
      root,
      built.flatMap(({ packages }) => packages),
    ),
  );
  writeFileSync(join(folder, 'README.md'), readme);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(metafiles), null, 2)}\n`);
  return pack(folder, outputFolder);
}

/** Bundles a program; the packages that it imports stay apart, as dependencies. */
async function bundle(program: string, folder: string): Promise<Metafile> {
  const outfile = join(folder, 'dist', program.replace(/\.ts$/, '.cjs'));
  const up = relative(dirname(outfile), folder).split(sep).join('/');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [program],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    banner: { js: `#!/usr/bin/env node\nconst packageRoot = require('node:path').join(__dirname, '${up}');` },
    plugins: [placesInPackage],
    metafile: true,
    logLevel: 'silent',
  });
  chmodSync(outfile, 0o755);
  return metafile;
}

/** Modules look for files beside their source: those lie in the package as they do in the project. */
const placesInPackage: Plugin = {
  name: 'places in the package',
  setup(build) {
    // What builds tasks is not in the package, which has them built.
    build.onResolve({ filter: /scripts\/build$/ }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /[\\/](local|views)[\\/].*\.ts$/ }, ({ path }) => {
      const place = relative(root, dirname(path)).split(sep).join('/');
      const names = `const __dirname = require('node:path').join(packageRoot, '${place}'), __filename = __dirname + '/module.js';`;
      return { contents: `${names} ${readFileSync(path, 'utf8')}`, loader: 'ts' };
    });
  },
};

function copyData(folder: string): void {
  // The page of a run takes its look from views/, the two hosts' common room.
  const beside = ['local', 'views']
    .flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((file) => join(room, file)),
    )
    .filter((file) => ['.css', '.js', '.cjs', '.py'].includes(extname(file)));
  for (const file of [...beside, ...data]) cpSync(join(root, file), join(folder, file), { recursive: true });
}

function manifest(metafiles: Metafile[]): Record<string, unknown> {
  const project = readJson<PackageJson>(join(root, 'package.json'));
  const versions = { ...project.devDependencies, ...project.dependencies };
  const imported = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ imports }) => imports.filter(({ external }) => external).map(({ path }) => packageOf(path)))
    .filter((name) => !name.startsWith('.') && !name.startsWith('node:') && !builtinModules.includes(name));
  const names = [...new Set([...imported, ...startedPackages])].sort();
  const missing = names.filter((name) => !versions[name]);
  if (missing.length > 0) throw new Error(`package.json has no version of ${missing.join(', ')}.`);
  return {
    name: localPackageName,
    version: project.version,
    description: 'Runs an Azure Pipelines file with the MLOps tasks on one machine, against a local Azure.',
    license: project.license,
    engines: project.engines,
    bin: { 'mlops-local': 'dist/local/cli.cjs' },
    dependencies: Object.fromEntries(names.map((name) => [name, versions[name]])),
  };
}

/** `@scope/name/file` and `name/file` without the file. */
function packageOf(path: string): string {
  return path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');
}

const readme = `# mlops-local

Runs an Azure Pipelines file with the MLOps tasks on this machine, against a local Azure: no subscription, no Docker.

    npx --package <this tarball> mlops-local init      # writes a pipeline for the project in this folder
    npx --package <this tarball> mlops-local run azure-pipelines.yml
    npx --package <this tarball> mlops-local --help

See docs/guides/running-locally.md.
`;

function pack(folder: string, outputFolder: string): string {
  mkdirSync(outputFolder, { recursive: true });
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  const result = spawnSync(command, [...args, 'pack', '--json', '--pack-destination', outputFolder], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`npm pack failed: ${result.stderr}`);
  const { version } = readJson<PackageJson>(join(folder, 'package.json'));
  return join(outputFolder, `${localPackageName}-${version}.tgz`);
}

if (require.main === module) {
  packageLocal()
    .then((file) =>
      console.log(`Made ${file}\n\nTry it in any repository:\n  npx --package ${file} mlops-local --help`),
    )
    .catch((error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    });
}
