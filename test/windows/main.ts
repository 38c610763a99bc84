/**
 * The tasks as they run on a Windows agent: the units that touch paths, and every built task against local Azure.
 *
 *   npm run test:windows             all of it
 *   npm run test:windows -- units    the suites whose names begin so
 *
 * On Linux, Node for Windows runs under Wine. On Windows itself the units run on Node as it is there; the built tasks do
 * not, as local Azure runs its containers on Linux.
 */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformSync } from 'esbuild';
import { bin, mocha, runSteps, type Suite } from '../../scripts/suites';
import { withinShare } from '../../scripts/suiteShares';
import { root } from '../../scripts/taskManifest';

const wine = '/usr/lib/wine/wine64';
const node = join(__dirname, 'node.mjs');
const prefix = join(root, '.local', 'wine');
/** The project as JavaScript: the program that compiles TypeScript as it is loaded is one of Linux. */
const project = join(root, '.local', 'windows');

/** The units of what the tasks share, and of each task. */
const units = ['common', 'train', 'evaluate', 'package', 'deploy', 'testEndpoint'];

/** What Wine cannot show, by the titles of the tests. */
const notHere: Record<string, string> = {
  'job of a main step that was killed|the job that a killed step left':
    'Wine ends a process at Ctrl+C, whatever it does',
  'files of every name': 'its names are not allowed on Windows',
  "hash that azure-ai-ml|link that leads nowhere|holds a folder's files|links as links|what links of the code":
    'Wine shows what a link leads to, not the link',
  'characters beyond the first 65,536': 'Wine makes no file whose name has one',
  'the Python that goes into images|gateway as Caddy': 'they start programs of Linux',
};

function prepare(): void {
  if (!existsSync(wine)) {
    console.error('This needs Wine, in which Node for Windows runs: apt-get install wine64');
    process.exit(1);
  }
  if (existsSync(join(prefix, 'system.reg'))) return;
  mkdirSync(prefix, { recursive: true });
  const env = { ...process.env, WINEPREFIX: prefix, WINEDEBUG: '-all' };
  for (const args of [
    ['wineboot', '-i'],
    ['winecfg', '-v', 'win10'],
  ]) {
    execFileSync(wine, args, { env, stdio: 'ignore' });
  }
}

/** Wine starts its services with its first program and ends them after its last one: one that stays spares each other one that. */
function keepWineUp(): () => void {
  const kept = spawn(node, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' });
  return () => void kept.kill();
}

function compile(): void {
  rmSync(project, { recursive: true, force: true });
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  for (const file of listed.toString().split('\0').filter(Boolean)) {
    const target = join(project, file);
    mkdirSync(dirname(target), { recursive: true });
    if (!existsSync(join(root, file))) continue;
    if (!file.endsWith('.ts')) {
      copyFileSync(join(root, file), target);
      continue;
    }
    const { code } = transformSync(readFileSync(join(root, file), 'utf8'), {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
      sourcefile: file,
      sourcemap: 'inline',
      supported: { 'dynamic-import': false },
    });
    writeFileSync(target.replace(/\.ts$/, '.js'), code);
  }
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
}

const left = Object.keys(notHere).join('|');
const grep = ['--grep', `^(?!.*(?:${left}))`];

function unitSuite(folder: string): Suite {
  const suite = mocha(`units ${folder}`, `unit/${folder}/**/*`);
  const args = suite.args.map((arg) => arg.replace(/\.ts$/, '.js'));
  const required = ['./scripts/scriptText.cjs', './test/support/ownTemporaryFolder.cjs'];
  const loading = ['--no-config', '--extension', 'js', ...required.flatMap((file) => ['--require', file]), '--timeout', '60000']; // prettier-ignore
  return { ...suite, node, folder: project, args: [...args, ...loading, ...grep] };
}

const built = (name: string, files: string): Suite => {
  const suite = mocha(name, files, { environment: { TASK_NODE: node } });
  return { ...suite, args: [...suite.args, ...grep] };
};

async function main(wanted: string[]): Promise<void> {
  if (process.platform === 'win32') {
    const suites = units.map((folder) => mocha(`units ${folder}`, `unit/${folder}/**/*`));
    return runSteps([{ lanes: 2, suites }]);
  }
  prepare();
  compile();
  execFileSync(process.execPath, [bin('tsx', 'dist', 'cli.mjs'), join(root, 'scripts', 'build.ts')], {
    stdio: 'ignore',
  });
  const suites = [
    built('Deploy-ACI failures', 'task/release/deployFailures'),
    built('Train', 'task/build/train'),
    built('Package-Image', 'task/build/packageImage'),
    built('Deploy-ACI', 'task/release/deploy'),
    built('Test-Endpoint', 'task/release/test*'),
    built('Deploy-ACI broken off', 'task/release/deployBrokenOff'),
    built('signing in', 'task/build/signIn'),
    ...units.map(unitSuite),
    built('Evaluate', 'task/build/evaluate'),
  ].filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)));
  const stop = keepWineUp();
  // The built tasks wait half of their time, and the longest stand first.
  await runSteps([{ lanes: 5, suites }]).finally(stop);
  for (const [titles, reason] of Object.entries(notHere)) console.log(`left out: /${titles}/, as ${reason}`);
  process.exitCode = withinShare('windows', Number(process.exitCode ?? 0));
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
