/**
 * Builds the tasks, checks everything and makes the extension: dist/<publisher>.<id>-<version>.vsix, and beside it the
 * source maps of that release, by which `npm run stack` reads a user's stack trace.
 *
 *   npm run package
 *   npm run package -- --edition development --publisher contoso
 *   npm run package -- --edition production --publisher contoso
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { billOfMaterials, billOfMaterialsFile } from './billOfMaterials';
import { buildTasks, codeFiles } from './build';
import { buildTab } from './buildTab';
import { editionNames, makeEdition, type Edition, type EditionName } from './edition';
import { absoluteLinks, fileUrl, repositoryUrl } from './repository';
import { handlerTargets, hasWorker, projectVersion, readTask, root, taskFolders, workerFile } from './taskManifest';
import { noticesFile, thirdPartyNotices } from './thirdPartyNotices';
import { manifestProblems, readManifest, tabFolder, type ExtensionManifest } from './validateManifest';
import { taskProblems, uniquenessProblems } from './validateTask';
import { reproducible, zipEntries, type ZipEntry } from './zipFile';

export interface PackagedExtension {
  file: string;
  bytes: number;
  entries: ZipEntry[];
}

/** Everything that is wrong with the extension's sources, or an empty list. */
export function extensionProblems(): string[] {
  const folders = taskFolders();
  return [
    ...folders.flatMap((folder) => taskProblems(join(root, 'tasks', folder)).map((problem) => `${folder}: ${problem}`)),
    ...uniquenessProblems(folders.map((folder) => readTask(folder))),
    ...manifestProblems().map((problem) => `vss-extension.json: ${problem}`),
  ];
}

/** Files and folders, relative to the root, that go into the package beside the tasks. */
function packagedSources(): string[] {
  const { content, icons, screenshots = [], files } = readManifest();
  const others = files.map(({ path }) => path).filter((path) => path !== 'tasks' && path !== tabFolder);
  return [
    ...new Set([
      content.details.path,
      content.license.path,
      icons.default,
      ...screenshots.map(({ path }) => path),
      ...others,
    ]),
  ];
}

/** The manifest's own links, absolute, with what follows from the repository's address. */
export function publishedManifest(manifest: ExtensionManifest, repository = repositoryUrl()): ExtensionManifest {
  const absolute = (uri: string): string => (uri.startsWith('https:') ? uri : fileUrl(uri, repository));
  const links = Object.fromEntries(
    Object.entries(manifest.links ?? {}).map(([kind, { uri }]) => [kind, { uri: absolute(uri) }]),
  );
  // Azure Repos keeps its issues elsewhere.
  if (!repository.includes('/_git/')) links.issues ??= { uri: `${repository}/issues` };
  return { ...manifest, links, repository: { type: 'git', uri: repository } };
}

/** Every task's and template's id, which stand in the manifest and the templates too. */
function identifiers(): string[] {
  const stages = readManifest().contributions.map(({ properties }) => (properties as { id?: string }).id);
  return [...taskFolders().map((folder) => readTask(folder).id), ...stages.filter((id) => id !== undefined)];
}

/** Gives every file that names a task by its id the ids of the edition. */
function renameTasks(folder: string, { replaceIds }: Edition): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(json|js|html)$/.test(entry)) continue;
    const file = join(folder, entry);
    const text = readFileSync(file, 'utf8');
    const renamed = replaceIds(text);
    if (renamed !== text) writeFileSync(file, renamed);
  }
}

/** Builds the tasks and lays the package out as it will be: tfx looks for a task's files where its contribution says that they lie. */
async function stage(folder: string, maps: string, edition: Edition): Promise<void> {
  for (const each of [folder, maps]) rmSync(each, { recursive: true, force: true });
  const built = await buildTasks(taskFolders(), { tasks: join(folder, 'tasks'), maps, linked: false });
  const tab = await buildTab(join(folder, tabFolder));
  const packages = [...built.flatMap((task) => task.packages), ...tab.packages];
  writeFileSync(join(folder, noticesFile), thirdPartyNotices(root, packages));
  const { publisher, id } = edition.manifest;
  const subject = { name: `${publisher}.${id}`, version: projectVersion().text };
  writeFileSync(join(folder, billOfMaterialsFile), billOfMaterials(root, packages, subject));
  for (const path of packagedSources()) cpSync(join(root, path), join(folder, path), { recursive: true });
  const page = readManifest().content.details.path;
  writeFileSync(join(folder, page), absoluteLinks(readFileSync(join(root, page), 'utf8')));
  const files = [...readManifest().files, { path: noticesFile }, { path: billOfMaterialsFile }];
  const manifest = { ...publishedManifest(edition.manifest), files, version: projectVersion().text };
  writeFileSync(join(folder, 'vss-extension.json'), JSON.stringify(manifest, null, 2));
  renameTasks(folder, edition);
}

/** What the archive must hold: the files of each task, the templates, pictures and texts, the licences and the bill of what is bundled, and what tfx adds. */
function expectedFiles(): string[] {
  const tasks = taskFolders().flatMap((folder) => {
    const targets = handlerTargets(readTask(folder));
    const code = targets.length > 0 ? [...codeFiles, ...targets, ...(hasWorker(folder) ? [workerFile] : [])] : [];
    return ['icon.png', 'task.json', ...code].map((file) => `tasks/${folder}/${file}`);
  });
  const sources = packagedSources().map((path) => (path.startsWith('templates/') ? `${path}/template.json` : path));
  const tab = ['index.html', 'tab.css', 'tab.js'].map((name) => `${tabFolder}/${name}`);
  const fromTfx = ['[Content_Types].xml', 'extension.vsixmanifest', 'extension.vsomanifest'];
  return [...tasks, ...tab, ...sources, noticesFile, billOfMaterialsFile, ...fromTfx].sort();
}

/** tfx ends well whatever it warns of; here a warning is an error. */
function runTfx(folder: string, outputFile: string): void {
  const tfx = join(root, 'node_modules', 'tfx-cli', '_build', 'tfx-cli.js');
  const args = ['--root', folder, '--manifest-globs', 'vss-extension.json', '--output-path', outputFile];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [tfx, 'extension', 'create', ...args, '--no-prompt', '--no-color'],
    { cwd: folder, encoding: 'utf8' },
  );
  const output = `${stdout}${stderr}`;
  if (status !== 0 || /warning/i.test(output)) throw new Error(`tfx is not content:\n${output}`);
}

/**
 * Packages one edition of the extension.
 * @param outputFile gets the package; the folder beside it of the same name with the ending .maps, its source maps
 */
export async function packageExtension(
  outputFile: string,
  edition: EditionName = 'preview',
  publisher?: string,
): Promise<PackagedExtension> {
  const problems = extensionProblems();
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const folder = `${outputFile}.content`;
  await stage(
    folder,
    outputFile.replace(/\.vsix$/, '.maps'),
    makeEdition(edition, readManifest(), identifiers(), publisher),
  );
  runTfx(folder, outputFile);
  rmSync(folder, { recursive: true });

  const zip = reproducible(readFileSync(outputFile));
  const entries = zipEntries(zip);
  const names = entries.map(({ name }) => name).sort();
  const expected = expectedFiles();
  const missing = expected.filter((name) => !names.includes(name));
  const extra = names.filter((name) => !expected.includes(name));
  if (missing.length + extra.length > 0) {
    throw new Error(
      `The package lacks ${missing.join(', ') || 'nothing'}; it should not hold ${extra.join(', ') || 'anything else'}.`,
    );
  }
  writeFileSync(outputFile, zip);
  return { file: outputFile, bytes: zip.length, entries };
}

const usage = `npm run package [-- options]

Builds the tasks and the tab, checks everything, and makes dist/<publisher>.<id>-<version>.vsix, with its source maps beside it.

  --edition preview       private, to be shared with organisations (default)
  --edition development   private, with an id and task ids of its own, to be installed beside the published one
  --edition production    public; refuses the placeholder of "repository" in package.json
  --publisher name        your publisher in the marketplace (default: that of vss-extension.json)

CONTRIBUTING.md, "Releasing", says how to publish it.`;

/** @returns undefined where the help was asked for */
export function readOptions(args: string[]): { edition: EditionName; publisher: string | undefined } | undefined {
  const { values } = parseArgs({
    args,
    options: { edition: { type: 'string' }, publisher: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return undefined;
  const edition = editionNames.find((name) => name === (values.edition ?? 'preview'));
  if (!edition) throw new Error(`--edition ${values.edition} is not one of ${editionNames.join(', ')}.`);
  return { edition, publisher: values.publisher };
}

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (!options) return console.log(usage);
  const { edition } = options;
  const { publisher, id } = makeEdition(edition, readManifest(), identifiers(), options.publisher).manifest;
  const { file, bytes, entries } = await packageExtension(
    join(root, 'dist', `${publisher}.${id}-${projectVersion().text}.vsix`),
    edition,
    publisher,
  );
  for (const { name, size, compressedSize } of entries.sort((a, b) => b.size - a.size)) {
    console.log(
      `${size.toLocaleString('en').padStart(12)} ${compressedSize.toLocaleString('en').padStart(10)}  ${name}`,
    );
  }
  console.log(`${relative(root, file)}: ${entries.length} files, ${(bytes / 1e6).toFixed(2)} MB`);
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
