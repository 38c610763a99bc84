import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { taskFolders } from '../../local/agent/builtTasks';
import { localPackageName, packageLocal } from '../../scripts/packageLocal';

const root = path.join(__dirname, '..', '..');

/**
 * Installs the tarball into a folder as npm would, but that its dependencies are those of this project: the ones that it
 * declares, and no other.
 */
function install(tarball: string, folder: string): string {
  const modules = path.join(folder, 'node_modules');
  const own = path.join(modules, localPackageName);
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['xzf', tarball, '--strip-components=1', '-C', own]);
  const { dependencies, bin } = JSON.parse(readFileSync(path.join(own, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    bin: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  }
  return path.join(own, bin['mlops-local']!);
}

describe('the package of the local agent', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mlops-package-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('runs a pipeline of a repository that has no clone of ours, and leaves git as it was', async () => {
    const program = install(await packageLocal(folder), path.join(folder, 'installed'));
    for (const task of taskFolders()) {
      assert.ok(existsSync(path.join(path.dirname(program), '..', 'tasks', task, 'task.json')), `${task} is missing`);
    }
    const repository = path.join(folder, 'user', 'deep');
    mkdirSync(repository, { recursive: true });
    execFileSync('git', ['init', '--quiet', path.dirname(repository)]);
    writeFileSync(
      path.join(repository, 'azure-pipelines.yml'),
      `
steps:
- task: CopyFiles@2
  inputs: {Contents: '**/*.yml', TargetFolder: $(Build.ArtifactStagingDirectory)}
- task: ArchiveFiles@2
  inputs: {rootFolderOrFile: $(Build.ArtifactStagingDirectory), archiveFile: $(Build.BinariesDirectory)/all.zip}
- publish: $(Build.BinariesDirectory)
  artifact: zip
- task: MLOpsTrain@1
  inputs: {azureSubscription: quick-starts-sc, resourceGroup: quick-starts-rg, workspace: quick-starts-ws, jobSource: file, jobFile: nosuch.yml}
`,
    );
    const environment = { ...process.env, XDG_CACHE_HOME: path.join(folder, 'cache') };
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'run', 'azure-pipelines.yml'], {
      cwd: repository,
      env: environment,
      encoding: 'utf8',
    });
    assert.equal(status, 1, stdout + stderr);
    assert.match(stdout, /MLOpsTrain failed.*nosuch\.yml/s);
    const state = path.join(path.dirname(repository), '.mlops-local');
    const run = JSON.parse(readFileSync(path.join(state, 'runs', '1', 'run.json'), 'utf8')) as { artifacts: unknown };
    assert.ok(JSON.stringify(run.artifacts).includes('all.zip'), stdout);
    assert.ok(readFileSync(path.join(state, 'runs', '1', 'index.html'), 'utf8').includes('</style>'));
    const seen = execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: repository, encoding: 'utf8' });
    assert.equal(seen.trim(), '?? deep/azure-pipelines.yml');
  });

  it('says what it can do, and names itself in what it prints', () => {
    const program = path.join(folder, 'installed', 'node_modules', localPackageName, 'dist', 'local', 'cli.cjs');
    const call = (...args: string[]): string =>
      spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' }).stdout;
    assert.match(call('--help'), /^mlops-local <command>/);
    assert.match(call('status'), /start it with: \S*cli\.cjs up/);
    assert.match(call('status', '--directory', 'else where'), /start it with: \S+ up --directory '\/.*else where'/);
  });
});
