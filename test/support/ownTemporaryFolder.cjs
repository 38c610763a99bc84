// Gives a run of tests a temporary folder of its own, also in the processes that it starts, and removes it at the end: whatever
// ends a test, or a program that it starts, nothing of it stays on the machine. What stayed until then is told, and where
// TESTS_LEAVE_NOTHING is set it fails the run.
const {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} = require('node:fs');
const { hostname, tmpdir, userInfo } = require('node:os');
const { join } = require('node:path');

const marker = 'TESTS_TEMPORARY_FOLDER';
const user = process.geteuid?.() ?? userInfo().username;
/** Caches of programs, by which the next run is as fast as this one: tsx's own name for its cache, and Node's. */
const caches = [`tsx-${user}`, 'node-compile-cache'];
/** What local Azure keeps there from one start to the next: short ways to its cache. */
const kept = `local-azure-${user}`;

/** Says where the process runs whose id the folder's name has: containers with ids of their own may share the folder. */
const ownerFile = '.owner';
const aDay = 24 * 60 * 60 * 1000;

function open() {
  const shared = tmpdir();
  sweep(shared);
  // Always as long, as compiled files hold paths by their length.
  const folder = mkdtempSync(join(shared, `tests-${String(process.pid).padStart(7, '0')}-`));
  writeFileSync(join(folder, ownerFile), owner());
  for (const name of caches) shareCache(join(shared, name), join(folder, name));
  for (const name of process.platform === 'win32' ? ['TEMP', 'TMP'] : ['TMPDIR']) process.env[name] = folder;
  process.env[marker] = folder;
  return folder;
}

function shareCache(cache, link) {
  mkdirSync(cache, { recursive: true });
  try {
    symlinkSync(cache, link, 'junction');
  } catch {
    // Wine has no junctions: the run is as right without the cache, only slower.
  }
}

/** Removes what runs have left that were killed. */
function sweep(shared) {
  for (const name of readdirSync(shared)) {
    const [, pid] = /^tests-(\d+)-\w{6}$/.exec(name) ?? [];
    if (pid && isLeft(join(shared, name), Number(pid))) remove(join(shared, name));
  }
}

/** Of a process elsewhere nothing is known but the folder's age. */
function isLeft(folder, pid) {
  try {
    if (readFileSync(join(folder, ownerFile), 'utf8') === owner()) return !isRunning(pid);
  } catch {
    // It was made this very moment, or its removal came to nothing.
  }
  try {
    return Date.now() - statSync(folder).mtimeMs > aDay;
  } catch {
    return false;
  }
}

/** The machine, and on Linux its set of process ids: containers may have the name of their host. */
function owner() {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // That of another user may not be asked.
    return error.code !== 'ESRCH';
  }
}

function remove(folder) {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // Another user's, or Windows has a file open still: the next run tries it again, and no test fails for it.
  }
}

/** @returns what lies in the folder that no test has removed */
function stayed(folder) {
  return readdirSync(folder).filter((name) => !caches.includes(name) && name !== kept && name !== ownerFile);
}

// A process that the run has started is told by its environment, and leaves the end to it.
if (!process.env[marker]) {
  const folder = open();
  let isOver = false;
  process.on('exit', () => isOver || remove(folder));
  exports.mochaGlobalTeardown = () => {
    isOver = true;
    // Behind everything else that waits for the end of the process, mocha's own exit code too.
    setImmediate(() =>
      process.on('exit', () => {
        const names = stayed(folder);
        remove(folder);
        if (names.length === 0) return;
        console.error(`Tests left in the temporary folder: ${names.join(', ')}. What makes a folder removes it.`);
        if (process.env.TESTS_LEAVE_NOTHING) process.exitCode ||= 1;
      }),
    );
  };
}
