import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..', '..');
const cache = join(root, '.local', 'cache', 'clients');
const execute = promisify(execFile);

/** What is made in a folder of the cache, once; it gets its name when it is whole. */
async function once(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(cache, name);
  if (existsSync(directory)) return directory;
  const unfinished = `${directory}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await make(unfinished);
  try {
    renameSync(unfinished, directory);
  } catch (error) {
    // Another process was sooner.
    if (!existsSync(directory)) throw error;
    rmSync(unfinished, { recursive: true, force: true });
  }
  return directory;
}

const keyOf = (...files: string[]): string =>
  files
    .reduce((hash, file) => hash.update(readFileSync(file)), createHash('sha256'))
    .digest('hex')
    .slice(0, 12);

/** uv, which installs what pip would in a tenth of the time. */
let uv: Promise<string> | undefined;
function uvProgram(): Promise<string> {
  return (uv ??= once('uv', async (directory) => {
    await execute('python3', ['-m', 'venv', directory]);
    await execute(join(directory, 'bin', 'python'), ['-m', 'pip', 'install', '-q', 'uv']);
  }).then((directory) => join(directory, 'bin', 'uv')));
}

/** A virtual environment of the pinned packages in `python/`, kept by the content of the file. Returns its Python. */
export async function pythonWith(requirements: string): Promise<string> {
  const file = join(__dirname, 'python', requirements);
  const program = await uvProgram();
  const directory = join(cache, `python-${keyOf(file)}`);
  if (!existsSync(join(directory, 'installed'))) {
    rmSync(directory, { recursive: true, force: true });
    // Its programs name where they lie, so it is made in its place.
    await execute('python3', ['-m', 'venv', '--without-pip', directory]);
    const python = join(directory, 'bin', 'python');
    await execute(program, ['pip', 'install', '-q', '--python', python, '-r', file], { maxBuffer: 64 * 1024 * 1024 });
    await execute('touch', [join(directory, 'installed')]);
  }
  return join(directory, 'bin', 'python');
}

/** The packages that `node/package.json` pins. Returns the folder that holds them. */
export function nodePackages(): Promise<string> {
  const source = join(__dirname, 'node');
  const manifest = join(source, 'package.json');
  return once(`node-${keyOf(manifest)}`, async (directory) => {
    cpSync(manifest, join(directory, 'package.json'));
    const args = ['install', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await execute('npm', args, { cwd: directory });
  });
}

/** A command of a Go module, built once. */
export async function goProgram(module: string, version: string): Promise<string> {
  const name = module.split('/').at(-1) ?? '';
  const directory = await once(`go-${name}-${version}`, async (unfinished) => {
    await execute('go', ['install', `${module}@${version}`], {
      env: { ...process.env, GOBIN: unfinished, GOFLAGS: '-mod=mod' },
    });
  });
  return join(directory, name);
}

/** A Go module that is itself the program, and that `go install` refuses for what its go.mod replaces. */
export async function goModule(module: string, version: string): Promise<string> {
  const name = module.split('/').at(-1) ?? '';
  const directory = await once(`go-${name}-${version}`, async (unfinished) => {
    const { stdout } = await execute('go', ['mod', 'download', '-json', `${module}@${version}`]);
    const source = join(unfinished, 'source');
    cpSync((JSON.parse(stdout) as { Dir: string }).Dir, source, { recursive: true });
    // Go keeps its own copy from being written to.
    for (const folder of [source, ...readdirSync(source).map((each) => join(source, each))]) chmodSync(folder, 0o755);
    await execute('go', ['build', '-o', join(unfinished, name), '.'], { cwd: source });
  });
  return join(directory, name);
}

/** A program of Debian's. */
export async function debianProgram(name: string): Promise<string> {
  if (spawnSync(name, ['--version']).status === 0) return name;
  await execute('apt-get', ['update', '-qq']).catch(() => undefined);
  await execute('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name]);
  return name;
}
