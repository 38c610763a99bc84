import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../../support/agent';
import { runCommand, startCommand } from '../../support/commands';

const directory = temporaryFolder();
const places = ['--directory', path.join(directory, 'state'), '--cache', path.join(directory, 'cache')];

function pipeline(name: string, text: string): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'package.json'), '{}');
  const file = path.join(directory, name);
  writeFileSync(file, text);
  return file;
}

const local = (...args: string[]) => runCommand('local/cli.ts', [...args, ...places]);

describe('npm run local', function () {
  this.timeout(300_000);

  it('starts, shows and stops the local cloud, and runs pipelines beside it', async () => {
    const file = pipeline(
      'passes.yml',
      'variables: {greeting: hello}\nsteps:\n- checkout: none\n- script: echo "$(greeting) $KEY"\n  env: {KEY: $(apiKey)}\n',
    );
    const waiting = pipeline(
      'waits.yml',
      'steps:\n- checkout: none\n- script: trap "exit 0" INT; echo ready; while true; do sleep 0.2; done\n',
    );
    try {
      const up = await local('up');
      assert.equal(up.code, 0, up.output);
      assert.match(up.output, /Local Azure is up .*https:\/\/localhost:\d+.*quick-starts-sc/s);

      const run = await runCommand(
        'local/cli.ts',
        ['run', file, '--set', 'greeting=bye', '--secret', 'apiKey', ...places],
        {
          apiKey: 'pass-word-1',
        },
      );
      assert.equal(run.code, 0, run.output);
      assert.match(run.output, /Local Azure is up.*bye \*\*\*.*Run 1 succeeded/s);

      const held = startCommand('local/cli.ts', ['run', waiting, ...places]);
      await held.printed('ready');
      const second = await local('run', file);
      assert.equal(second.code, 1);
      assert.match(second.output, /^Error: Another run is in progress in .*state \(process \d+\)/m);
      held.kill('SIGINT');
      const interrupted = await held.ended;
      assert.equal(interrupted.code, 130, interrupted.output);
      assert.match(interrupted.output, /Cancelling.*Run 2 canceled/s);

      const status = await local('status');
      assert.match(status.output, /Local Azure is up.*The last run, 2 of waits\.yml, canceled/s);
    } finally {
      assert.match((await local('down')).output, /Local Azure has stopped/);
    }
    assert.match((await local('status')).output, /is not running/);
    const page = readFileSync(path.join(directory, 'state', 'runs', '1', 'index.html'), 'utf8');
    assert.ok(page.includes('bye ***') && !page.includes('pass-word-1'));
    assert.equal((await local('reset')).code, 0);
    assert.ok(
      !existsSync(path.join(directory, 'state', 'runs')) && !existsSync(path.join(directory, 'state', 'azure')),
    );
  });

  const faults: Array<[args: string[], message: RegExp]> = [
    [['nosuch'], /No such command: nosuch\. There are: up, down, status, run, rerun, init, reset/],
    [['run'], /run needs one pipeline file/],
    [['run', 'nosuch.yml'], /There is no file .*nosuch\.yml/],
    [['run', 'package.json', '--set', 'x'], /--set needs name=value, but got 'x'/],
    [['run', 'package.json', '--secret', 'NO_SUCH_SECRET'], /needs a value in the environment variable NO_SUCH_SECRET/],
    [['run', 'package.json', '--host', 'x'], /--host must be build or release, not 'x'/],
    [['up', '--port', 'x'], /--port needs a port number, but got 'x'/],
    [['up', '--nosuch'], /Unknown option '--nosuch'/],
  ];
  it('answers each slip with one clear line', async () => {
    const results = await Promise.all(faults.map(([args]) => local(...args)));
    results.forEach(({ code, output }, index) => {
      assert.equal(code, 1);
      assert.match(output, faults[index]![1]);
      assert.equal(output.trim().split('\n').length, 1, output);
    });
  });

  it('says what it can do', async () => {
    const { code, output } = await local('--help');
    assert.equal(code, 0);
    for (const word of ['up', 'down', 'status', 'run <pipeline.yml>', 'reset', '--set name=value', '--host release']) {
      assert.ok(output.includes(word), word);
    }
  });
});
