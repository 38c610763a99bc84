import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { billOfMaterials } from '../../scripts/billOfMaterials';
import { buildTasks, codeFiles, publishedTask } from '../../scripts/build';
import { buildTab } from '../../scripts/buildTab';
import { makeEdition } from '../../scripts/edition';
import { absoluteLinks, repositoryUrl } from '../../scripts/repository';
import { extensionProblems, packageExtension, publishedManifest } from '../../scripts/package';
import {
  agentTaskFolders,
  hasWorker,
  projectVersion,
  readJson,
  readTask,
  root,
  taskFolders,
  type TaskManifest,
  workerFile,
} from '../../scripts/taskManifest';
import { thirdPartyNotices } from '../../scripts/thirdPartyNotices';
import {
  buildTemplateProblems,
  manifestProblems,
  readManifest,
  type ExtensionManifest,
} from '../../scripts/validateManifest';
import { cycloneDxSchema } from '../support/cycloneDx';
import { headingAnchors } from '../support/headingAnchors';

describe('The extension', () => {
  it('has nothing wrong in its sources', () => assert.deepEqual(extensionProblems(), []));

  type Step = { taskId: string; version: string; inputs: Record<string, string> };
  const stage = (manifest: ExtensionManifest) =>
    manifest.contributions.find(({ id }) => id === 'release-stage-template')!.properties;
  const step = (manifest: ExtensionManifest): Step => stage(manifest).deployPhases![0]!.workflowTasks[0]!;
  const defects: Array<[string, (manifest: ExtensionManifest & Record<string, unknown>) => void, RegExp]> = [
    ['an unknown key', (manifest) => (manifest.flags = []), /'flags'/],
    ['a long description', (manifest) => (manifest.description = 'x'.repeat(201)), /description/],
    ['a scope that writes', (manifest) => (manifest.scopes = ['vso.build_execute']), /scopes/],
    ['a task that is not contributed', (manifest) => manifest.contributions.shift(), /there are tasks\/CheckDecision/],
    [
      'a contributed folder that is not a task',
      (manifest) => (manifest.contributions[0]!.properties.name = 'tasks/Tran'),
      /tasks\/Tran/,
    ],
    [
      'an icon of the wrong size',
      (manifest) => (manifest.icons.default = 'tasks/Train/icon.png'),
      /is 32x32, not 128x128/,
    ],
    [
      'an icon that is missing',
      (manifest) => (manifest.icons.default = 'images/none.png'),
      /there is no images\/none\.png/,
    ],
    [
      'a template that is not packaged',
      (manifest) => (manifest.files = manifest.files.filter(({ path }) => path !== 'templates/build')),
      /templates\/build is not among/,
    ],
    [
      'a stage icon that nobody can fetch',
      (manifest) => delete manifest.files.find(({ path }) => path === 'images/icon.png')!.addressable,
      /not an addressable file/,
    ],
    [
      'a stage step without a task',
      (manifest) => (step(manifest).taskId = '0'.repeat(8) + '-0000-4000-8000-000000000000'),
      /no task has the id/,
    ],
    ['a stage step of another version', (manifest) => (step(manifest).version = '2.*'), /2\.\* is not 1\.\*/],
    ['a stage step with an unknown input', (manifest) => (step(manifest).inputs.colour = 'red'), /no input colour/],
    [
      'a stage step with an impossible value',
      (manifest) => (step(manifest).inputs.strategy = 'pray'),
      /strategy cannot be 'pray'/,
    ],
    [
      'a stage step with an undefined variable',
      (manifest) => (step(manifest).inputs.location = '$(place)'),
      /nothing defines \$\(place\)/,
    ],
    [
      'a stage step without a required input',
      (manifest) => delete step(manifest).inputs.azureSubscription,
      /azureSubscription is not set/,
    ],
  ];
  for (const [defect, make, expected] of defects) {
    it(`is refused with ${defect}`, () => {
      const manifest = structuredClone(readManifest()) as ExtensionManifest & Record<string, unknown>;
      make(manifest);
      assert.match(manifestProblems(manifest).join('\n'), expected);
    });
  }

  it('is refused with a build template that names an unknown parameter', () => {
    const tasks = taskFolders().map((folder) => readTask(folder));
    const template = readFileSync(join(root, 'templates', 'build', 'template.json'), 'utf8');
    assert.deepEqual(buildTemplateProblems(JSON.parse(template), tasks), []);
    const broken = JSON.parse(template.replace('$(Parameters.modelName)', '$(Parameters.model)')) as unknown;
    assert.match(buildTemplateProblems(broken, tasks).join('\n'), /nothing defines \$\(Parameters\.model\)/);
  });
});

describe('The published links', () => {
  const texts: Array<[string, string]> = [
    ['the marketplace page', absoluteLinks(readFileSync(join(root, 'README.md'), 'utf8'))],
    ['the manifest', JSON.stringify(publishedManifest(readManifest()))],
    ...taskFolders().map((folder): [string, string] => [folder, JSON.stringify(publishedTask(folder))]),
  ];
  for (const [name, text] of texts) {
    it(`of ${name} lead to files and headings that there are`, () => {
      const base = `${repositoryUrl()}/blob/main/`;
      const links = text
        .split(base)
        .slice(1)
        .map((rest) => /^[\w./#-]+/.exec(rest)![0]);
      assert.ok(links.length > 0, 'it leads to no documentation');
      const broken = links.filter((link) => {
        const [path, anchor] = link.split('#') as [string, string | undefined];
        if (!existsSync(join(root, path))) return true;
        return anchor !== undefined && !headingAnchors(readFileSync(join(root, path), 'utf8')).includes(anchor);
      });
      assert.deepEqual(broken, []);
    });
  }
});

describe('The package', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'package-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('holds one bundle a task, of one version, and the licences of what is bundled, and makes the same bytes each time', async () => {
    const first = await packageExtension(join(folder, 'first.vsix'));
    const second = await packageExtension(join(folder, 'second.vsix'));
    assert.ok(readFileSync(first.file).equals(readFileSync(second.file)), 'two packages of the same sources differ');

    const tab = await buildTab(join(folder, 'tab'));
    const packages = [...(await buildTasks()).flatMap((task) => task.packages), ...tab.packages];
    assert.ok(packages.includes('node_modules/azure-pipelines-task-lib') && packages.includes('node_modules/undici'));
    const notices = first.entries.find(({ name }) => name === 'ThirdPartyNotices.txt');
    assert.equal(notices?.size, Buffer.byteLength(thirdPartyNotices(root, packages)));
    const { publisher, id } = makeEdition('preview', readManifest(), []).manifest;
    const bill = billOfMaterials(root, packages, { name: `${publisher}.${id}`, version: projectVersion().text });
    const validate = cycloneDxSchema();
    assert.ok(validate(JSON.parse(bill)), JSON.stringify(validate.errors));
    assert.match(bill, /"pkg:npm\/%40azure\/identity@/);
    assert.equal(first.entries.find(({ name }) => name === 'bom.cdx.json')?.size, Buffer.byteLength(bill));
    const built = taskFolders().map((name) => readJson<TaskManifest>(join(root, 'dist', 'tasks', name, 'task.json')));
    for (const task of built) assert.deepEqual(task.version, projectVersion().parts);
    const bundles = first.entries
      .filter(({ name, size }) => name.endsWith('.js') && size > 100)
      .map(({ name }) => name);
    assert.deepEqual(bundles, [
      'tab/tab.js',
      ...agentTaskFolders().flatMap((name) =>
        [...codeFiles, ...(hasWorker(name) ? [workerFile] : [])].map((file) => `tasks/${name}/${file}`),
      ),
    ]);
  });

  it('can be read by other programs', () => {
    const zip = readFileSync(join(folder, 'first.vsix'));
    // The first local header, read by the book: it must lead to the file that the directory lists first.
    const [nameLength, extraLength] = [zip.readUInt16LE(26), zip.readUInt16LE(28)];
    const data = 30 + nameLength + extraLength;
    const text = inflateRawSync(zip.subarray(data, data + zip.readUInt32LE(18))).toString();
    assert.equal(zip.toString('utf8', 30, 30 + nameLength), 'LICENSE');
    assert.equal(text, readFileSync(join(root, 'LICENSE'), 'utf8'));
  });
});
