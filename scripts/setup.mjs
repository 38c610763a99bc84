// Makes a fresh clone ready to run: the first thing that `npm run quickstart`, `npm test` and `npm run bench` do.
// It runs before any dependency is there, and on Nodes that are too old, so it is plain JavaScript of long ago.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function fail(message) {
  console.error(message);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`This needs Node 20.19 or newer, and this is Node ${process.versions.node}. Get it from https://nodejs.org`);
}

/** Why a folder's packages must be installed; undefined when those of its lock file are there. */
function whyInstall(folder) {
  const lockFile = join(folder, 'package-lock.json');
  const installedFile = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return 'they are missing';
  if (statSync(installedFile).mtimeMs >= statSync(lockFile).mtimeMs) return undefined;
  // A checkout touches the lock file without changing it, so a newer date by itself says nothing.
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  const stale = Object.keys(wanted).some((name) => {
    if (name === '') return false;
    const present = installed[name];
    // An optional package may be for another system.
    return present ? present.version !== wanted[name].version : !wanted[name].optional;
  });
  return stale ? 'the lock file has changed' : undefined;
}

/** Installs the packages of a folder where they are not those of its lock file. */
function install(what, folder) {
  const reason = whyInstall(folder);
  if (!reason) return;
  console.log(`Installing ${what}, as ${reason} (npm ci) ...`);
  const npm = process.env.npm_execpath;
  const [command, args] = npm
    ? [process.execPath, [npm, 'ci', '--loglevel=error']]
    : ['npm', ['ci', '--loglevel=error']];
  const options = { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell: !npm && process.platform === 'win32' };
  const result = spawnSync(command, args, options);
  if (result.error) fail(`npm could not be started: ${result.error.message}. It comes with Node: https://nodejs.org`);
  if (result.status !== 0)
    fail('npm ci failed. Look at its lines above; without a network it needs a filled npm cache.');
}

checkNode();
install('the npm packages', root);
// Tests run on both Nodes that agents have. The package is for this system only; elsewhere the tests say what they lack.
if (process.argv.includes('--both-nodes') && process.platform === 'linux' && process.arch === 'x64') {
  install('Node 24 for the tests', join(root, 'test', 'node24'));
}
// The tests of Windows agents run it under Wine.
if (process.argv.includes('--windows') && process.platform === 'linux') {
  install('Node for Windows', join(root, 'test', 'windows'));
}
if (process.argv.includes('--mutation')) install('the mutation tester', join(root, 'test', 'mutation'));
