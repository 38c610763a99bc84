/**
 * Builds the tasks as the agent runs them: dist/tasks/<Folder>/{task.json, icon.png, main.js, taskLib.js, task.js,
 * packages.js}, with worker.js where the task starts threads, and beside them dist/maps/<Folder>, by which a debugger and a stack trace find the source.
 *
 *   npm run build             every task
 *   npm run build -- Train    one task
 *   npm run watch             every task, again whenever its source changes
 */
import { existsSync, watch } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { basename, join, relative, sep } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { helpTopics } from '../tasks/common/troubleshooting';
import {
  handlerTargets,
  hasWorker,
  projectVersion,
  readTask,
  root,
  taskFolders,
  workerFile,
  type TaskManifest,
} from './taskManifest';
import { absoluteLinks, fileUrl, repositoryUrl } from './repository';
import { bundledPackages } from './thirdPartyNotices';

export const builtTasksDir = join(root, 'dist', 'tasks');
/** As deep as the folder of the built tasks, so that the sources lie at the same relative paths from both. */
const mapsDir = join(root, 'dist', 'maps');

/** What one task's folder came to. */
export interface BuiltTask {
  folder: string;
  /** Of JavaScript. */
  bytes: number;
  /** Folders, relative to the project's root, of the packages in its bundle. */
  packages: string[];
}

/**
 * A second copy of task-lib finds the vault of the first empty, so that inputs and secrets vanish without an error.
 * Source: task-lib's internal.js, guard `_vsts_task_lib_loaded`.
 */
export function taskLibCopies(metafile: Metafile): string[] {
  const copies = new Set<string>();
  for (const input of Object.keys(metafile.inputs)) {
    const match = /^(.*node_modules\/azure-pipelines-task-lib)\/internal\.js$/.exec(input.split(sep).join('/'));
    if (match) copies.add(match[1]!);
  }
  return [...copies];
}

/** Modules of the tasks that stand both in task.js and in packages.js. */
export function sharedModules(task: Metafile, packages: Metafile): string[] {
  return Object.keys(packages.inputs).filter((file) => isOwnModule(file) && file in task.inputs);
}

/** Data may stand twice; code may not, since a class would be two. */
const isOwnModule = (file: string): boolean => file.startsWith('tasks/') && file.endsWith('.ts');

/** Replaces a file in one step, because a test may be starting the task meanwhile. */
async function replaceFile(file: string, contents: Uint8Array | string): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  await writeFile(part, contents);
  await rename(part, file);
}

/** task-lib, which speaks as it loads: a task's first line waits for nothing that is not in here. */
const taskLibFile = 'taskLib.js';
/** The task's own code up to its checked inputs, and what it shares with what comes after. */
const ownFile = 'task.js';

/** What the agent starts: each of the task's steps by a file of its own, alike in all but its name. */
const entrySource = `require('./${taskLibFile}');\nrequire('./${ownFile}');\n`;

/**
 * The source of task.js. A task with a post-job step shares most of its code with it: both are in there, and are told apart by the
 * name of the file that Node was given.
 */
function ownSource(targets: string[], shared: string[]): string {
  const others = targets.filter((target) => target !== 'main.js');
  const tests = others.map(
    (target) => `if (process.argv[1].endsWith('${target}')) require('./${basename(target, '.js')}'); else `,
  );
  const imports = shared.map((file, index) => `import * as shared${index} from ${JSON.stringify(join(root, file))};\n`);
  const exported = shared.map((file, index) => `'${file}': shared${index}`);
  return `${imports.join('')}exports.modules = { ${exported.join(', ')} };\n${tests.join('')}require('./main');`;
}

/** Leaves task-lib where it is loaded from already: loaded again, it would find the vault of the first empty. */
const taskLibApart: Plugin = {
  name: 'task-lib apart',
  setup(build) {
    build.onResolve({ filter: /^azure-pipelines-task-lib\/task$/ }, () => ({
      path: `./${taskLibFile}`,
      external: true,
    }));
  },
};

const packagesFile = 'packages.js';

/** What each task with code has beside the files that the agent starts. */
export const codeFiles: readonly string[] = [packagesFile, ownFile, taskLibFile];

/**
 * Moves what a task imports by `await import(…)` into a file of its own, since Node reads all of a file before it runs its
 * first line: with the SDKs in task.js a task would take half as long again to say anything.
 * @param moved gets the names of packages, and the paths of modules from the project's root
 */
function packagesApart(moved: Set<string>): Plugin {
  return {
    name: 'packages apart',
    setup(build) {
      build.onResolve({ filter: /./ }, ({ kind, path, importer, resolveDir }) => {
        const isOurs = kind === 'dynamic-import' && !importer.includes('node_modules') && !isBuiltin(path);
        if (!isOurs) return undefined;
        const module = (): string => `./${relative(root, join(resolveDir, path)).split(sep).join('/')}`;
        const name = path.startsWith('.') ? module() : path;
        moved.add(name);
        return { path: name, namespace: 'apart' };
      });
      build.onResolve({ filter: /./, namespace: 'apart' }, ({ path }) => ({ path, external: true }));
      // import() resolves to what a thenable module resolves to: the package itself.
      build.onLoad({ filter: /./, namespace: 'apart' }, ({ path }) => ({
        contents: `exports.then = (...reactions) => require('./${packagesFile}')['${path}']().then(...reactions);`,
      }));
    },
  };
}

/** Modules of Node that are dear to load, as they bring its whole network and encryption along. */
const dearModules = ['child_process', 'crypto', 'http', 'stream/promises', 'tls'];

/** Loads a dear module of Node when something of it is first used: task-lib asks for all of them, a first line for none. */
const dearModulesLate: Plugin = {
  name: 'dear modules late',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(node:)?(${dearModules.join('|')})$`) }, ({ kind, path, namespace }) =>
      namespace === 'late' || kind === 'dynamic-import'
        ? { path, external: true }
        : { path: path.replace('node:', ''), namespace: 'late' },
    );
    build.onLoad({ filter: /./, namespace: 'late' }, ({ path }) => {
      const names = Object.keys(createRequire(__filename)(path) as object).filter((name) => name !== 'default');
      const contents = `for (const name of '${names.join(' ')}'.split(' '))
  Object.defineProperty(exports, name, { enumerable: true, get: () => require('${path}')[name] });`;
      return { contents };
    });
  },
};

/** What task-lib requires at once, and a task seldom or never uses: running programs, patterns of files, translated messages. */
const seldomUsed = /^(q|minimatch|semver|\.\/lib-resource)$/;

/**
 * Whether a version is older than another; undefined where one of them is not three numbers. task-lib compares Node's version with an old
 * one as it loads: only for that a task would compile semver's patterns, a fifth of what it does before its first line.
 */
export function isOlder(first: string, second: string): boolean | undefined {
  const three = /^(\d+)\.(\d+)\.(\d+)$/;
  const [one, other] = [three.exec(first), three.exec(second)];
  if (!one || !other) return undefined;
  for (const part of [1, 2, 3]) if (one[part] !== other[part]) return Number(one[part]) < Number(other[part]);
  return false;
}

/** The text of it is what the built task has. */
const semverLate = `{ lt: (first, second) => (${String(isOlder)})(first, second) ?? late.lt(first, second) }`;

/**
 * Moves what task-lib seldom uses into the other file.
 * @param moved gets their files, by the names that task-lib requires
 */
function seldomUsedApart(moved: Map<string, string>): Plugin {
  return {
    name: 'seldom used apart',
    setup(build) {
      build.onResolve({ filter: seldomUsed }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        const isTaskLib = /node_modules.azure-pipelines-task-lib.\w+\.js$/.test(importer);
        if (!isTaskLib || pluginData === 'resolving') return undefined;
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: 'resolving' });
        moved.set(path, found.path);
        return { path, namespace: 'seldom' };
      });
      build.onResolve({ filter: /./, namespace: 'seldom' }, ({ path }) => ({ path, external: true }));
      build.onLoad({ filter: /./, namespace: 'seldom' }, ({ path }) => ({
        contents: `const late = new Proxy({}, { get: (_, name) => require('./${packagesFile}')['${path}']()[name] });
module.exports = ${path === 'semver' ? semverLate : 'late'};`,
      }));
    },
  };
}

/**
 * Takes from task.js, which runs by then, what packages.js imports of the modules that are in there.
 * @param asked gets their paths from the project's root
 */
function takenFromTask(task: Metafile, asked: Set<string>): Plugin {
  return {
    name: 'taken from task',
    setup(build) {
      build.onResolve({ filter: /./, namespace: 'task' }, ({ path }) => ({ path, external: true }));
      build.onResolve({ filter: /^\./ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (pluginData === 'resolving' || importer.includes('node_modules')) return undefined;
        const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: 'resolving' });
        const file = relative(root, found.path).split(sep).join('/');
        if (!isOwnModule(file) || !(file in task.inputs)) return found;
        asked.add(file);
        return { path: file, namespace: 'task' };
      });
      build.onLoad({ filter: /./, namespace: 'task' }, ({ path }) => ({
        contents: `module.exports = { __esModule: true, ...require('./${ownFile}').modules['${path}'] };`,
      }));
    },
  };
}

/** The source of packages.js: how each package is loaded, by its name. */
function packagesSource(moved: Set<string>, seldom: Map<string, string>): string {
  const loaders = [
    ...[...moved].sort().map((path) => `'${path}': () => import('${path}')`),
    ...[...seldom].sort().map(([name, file]) => `'${name}': () => require(${JSON.stringify(file)})`),
  ];
  return `module.exports = { ${loaders.join(', ')} };`;
}

/** Where each topic of the troubleshooting guide is, by its name. */
function troubleshootingLinks(): Record<string, string> {
  const link = (topic: string): [string, string] => [topic, fileUrl(`docs/guides/troubleshooting.md#${topic}`)];
  return Object.fromEntries(helpTopics.map(link));
}

const options: BuildOptions = {
  absWorkingDir: root,
  write: false,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // Without it esbuild takes the SDKs' CommonJS halves, which it cannot shake.
  mainFields: ['module', 'main'],
  // @azure/storage-common asks for its own place when it loads; CommonJS has no import.meta.
  define: {
    'import.meta.url': 'bundleUrl',
    // The SDK asks of each request whether its body is a form. None is, and the question loads Node's whole fetch.
    FormData: 'undefined',
    EXTENSION_VERSION: JSON.stringify(projectVersion().text),
    REPOSITORY_URL: JSON.stringify(repositoryUrl()),
    TROUBLESHOOTING_LINKS: JSON.stringify(troubleshootingLinks()),
  },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  minify: true,
  // The agent's log shows class names of errors.
  keepNames: true,
  legalComments: 'eof',
  // Scripts that go into images and builds; the style of the model card.
  loader: { '.py': 'text', '.sh': 'text', '.css': 'text' },
  metafile: true,
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'silent',
};

/** One file of a task, as bundled. */
interface Bundle {
  code: Uint8Array;
  map: Uint8Array;
  metafile: Metafile;
}

/** Bundles a source text that lies in `folder` into a task's file of that name. */
async function bundle(name: string, source: string, folder: string, plugins: Plugin[] = []): Promise<Bundle> {
  const stdin = { contents: source, resolveDir: folder, sourcefile: 'entry.js' };
  const outfile = join(builtTasksDir, 'Any', name);
  const { outputFiles, metafile } = await build({ ...options, stdin, plugins, outfile });
  const contents = (ending: string): Uint8Array => outputFiles!.find(({ path }) => path.endsWith(ending))!.contents;
  return { code: contents('.js'), map: contents('.map'), metafile: metafile! };
}

/** Where a build goes. */
export interface BuildPlace {
  /** Gets a folder a task. */
  tasks: string;
  /** Gets a folder of source maps a task. */
  maps: string;
  /** Whether the built files point to their maps, for a debugger; what is published does not. */
  linked: boolean;
}

const developmentPlace: BuildPlace = { tasks: builtTasksDir, maps: mapsDir, linked: true };

/** Replaces the files of a folder by these; what else is there goes. */
async function fillFolder(folder: string, files: Map<string, Uint8Array | string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, contents] of files) await replaceFile(join(folder, name), contents);
  for (const name of await readdir(folder)) {
    if (!files.has(name) && !name.endsWith('.part')) await rm(join(folder, name), { recursive: true });
  }
}

/** A built file, with the pointer to its map where it is to have one. */
function built({ code }: Bundle, name: string, folder: string, place: BuildPlace): Uint8Array | string {
  if (!place.linked) return code;
  const map = relative(join(place.tasks, folder), join(place.maps, folder, `${name}.map`));
  return `${Buffer.from(code).toString()}\n//# sourceMappingURL=${map.split(sep).join('/')}\n`;
}

/**
 * The task's manifest as the agent and the designer get it: with the version, and with the addresses of its documentation.
 * `helpUrl` stands at the head of each log; the link in the help, behind the designer's information button.
 */
export function publishedTask(folder: string): TaskManifest {
  const task = readTask(folder);
  const helpUrl = fileUrl(`docs/tasks/${folder}.md`);
  const withLinks = <Item extends { helpMarkDown?: string }>(item: Item): Item =>
    item.helpMarkDown ? { ...item, helpMarkDown: absoluteLinks(item.helpMarkDown) } : item;
  return {
    ...task,
    helpUrl,
    helpMarkDown: `${absoluteLinks(task.helpMarkDown ?? '')} [Learn more about this task](${helpUrl})`.trim(),
    inputs: task.inputs.map(withLinks),
    version: projectVersion().parts,
  };
}

/** The files of a task's code; throws where a module would be two. */
async function bundleParts(targets: string[], sourceDir: string, folder: string): Promise<Map<string, Bundle>> {
  const moved = new Set<string>();
  const seldom = new Map<string, string>();
  const asked = new Set<string>();
  const taskLib = await bundle(taskLibFile, "module.exports = require('azure-pipelines-task-lib/task');", root, [
    seldomUsedApart(seldom),
    dearModulesLate,
  ]);
  const bundleOwn = (shared: string[]) =>
    bundle(ownFile, ownSource(targets, shared), sourceDir, [packagesApart(moved), taskLibApart, dearModulesLate]);
  // Once to learn what is in it, and again with what the other file needs of that.
  const { metafile } = await bundleOwn([]);
  const packages = await bundle(packagesFile, packagesSource(moved, seldom), root, [takenFromTask(metafile, asked)]);
  const own = await bundleOwn([...asked].sort());
  const doubles = sharedModules(own.metafile, packages.metafile);
  if (doubles.length > 0) throw new Error(`${folder}: bundled twice, so that each would be two: ${doubles.join(', ')}`);
  const copies = [taskLib, own, packages].flatMap((part) => taskLibCopies(part.metafile));
  if (copies.length > 1) throw new Error(`${folder}: azure-pipelines-task-lib is bundled twice: ${copies.join(', ')}`);
  return new Map([
    [taskLibFile, taskLib],
    [ownFile, own],
    [packagesFile, packages],
  ]);
}

/** Builds one task; throws with every reason when it cannot run as an agent would start it. */
async function buildTask(folder: string, place: BuildPlace): Promise<BuiltTask> {
  const sourceDir = join(root, 'tasks', folder);
  const task = readTask(folder);
  const targets = handlerTargets(task);
  const sources = targets.map((target) => join(sourceDir, target.replace(/\.js$/, '.ts')));
  const missing = [...sources, join(sourceDir, 'icon.png')].filter((file) => !existsSync(file));
  if (missing.length > 0) {
    throw new Error(`${folder}: missing ${missing.map((file) => relative(root, file)).join(', ')}`);
  }

  const manifest = JSON.stringify(publishedTask(folder), null, 2) + '\n';
  const picture = await readFile(join(sourceDir, 'icon.png'));
  // A task that the server runs has no code.
  if (targets.length === 0) {
    const files = new Map<string, Uint8Array | string>([['icon.png', picture]]);
    await fillFolder(join(place.tasks, folder), files.set('task.json', manifest));
    return { folder, bytes: 0, packages: [] };
  }

  const parts = await bundleParts(targets, sourceDir, folder);
  const files = new Map<string, Uint8Array | string>(targets.map((target) => [target, entrySource]));
  const maps = new Map<string, Uint8Array | string>();
  // A thread shares no code with the task that starts it: task-lib, loaded a second time, would write its key again.
  if (hasWorker(folder)) parts.set(workerFile, await bundle(workerFile, "import './worker';", sourceDir));
  for (const [name, part] of parts) {
    files.set(name, built(part, name, folder, place));
    maps.set(`${name}.map`, part.map);
  }
  files.set('icon.png', picture);
  files.set('task.json', manifest);
  await fillFolder(join(place.maps, folder), maps);
  await fillFolder(join(place.tasks, folder), files);

  return {
    folder,
    bytes: [...parts.values()].reduce((sum, { code }) => sum + code.byteLength, 0),
    packages: [...parts.values()].flatMap(({ metafile }) => bundledPackages(metafile)),
  };
}

/** Builds several tasks, each into its own folder; throws with what is wrong in any of them. */
export async function buildTasks(folders = taskFolders(), place = developmentPlace): Promise<BuiltTask[]> {
  const results = await Promise.allSettled(folders.map((folder) => buildTask(folder, place)));
  const failed = results
    .filter((result) => result.status === 'rejected')
    .map((result) => (result.reason as Error).message);
  if (failed.length > 0) throw new Error(failed.join('\n'));
  return results.map((result) => (result as PromiseFulfilledResult<BuiltTask>).value);
}

async function report(folders: string[]): Promise<void> {
  const started = Date.now();
  for (const { folder, bytes } of await buildTasks(folders)) {
    console.log(`${folder.padEnd(14)} ${(bytes / 1e6).toFixed(2)} MB`);
  }
  console.log(`built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Builds again what a changed file belongs to, once the changes pause. */
function watchSources(folders: string[]): void {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let building = Promise.resolve();
  watch(join(root, 'tasks'), { recursive: true }, (_event, file) => {
    if (!file) return;
    const folder = file.split(sep)[0]!;
    for (const each of folders.includes(folder) ? [folder] : folders) changed.add(each);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const next = [...changed];
      changed.clear();
      building = building.then(() => report(next)).catch((error: Error) => console.error(error.message));
    }, 100);
  });
  console.log('Watching tasks/. Stop with Ctrl+C.');
}

async function main(args: string[]): Promise<void> {
  const known = taskFolders();
  const named = args.filter((arg) => arg !== '--watch');
  const unknown = named.filter((folder) => !known.includes(folder));
  if (unknown.length > 0) throw new Error(`No such task: ${unknown.join(', ')}. There are: ${known.join(', ')}`);
  const folders = named.length > 0 ? named : known;
  await report(folders);
  if (args.includes('--watch')) watchSources(folders);
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
