import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sinon from 'sinon';
import { suiteShares, timeTaken, withinShare, type LongSuite } from '../../../scripts/suiteShares';
import { root } from '../../../scripts/taskManifest';

describe('The share of a long suite', () => {
  const given = process.env.CI;
  afterEach(() => {
    sinon.restore();
    if (given === undefined) delete process.env.CI;
    else process.env.CI = given;
  });

  it('is printed with the time, and is kept to the second', () => {
    process.env.CI = 'true';
    assert.deepEqual(timeTaken('clients', 7 * 60), { line: 'clients: 7.0 of 7 min', isLate: false });
    assert.deepEqual(timeTaken('clients', 7 * 60 + 1), {
      line: 'clients: 7.0 of 7 min, which is beyond its share',
      isLate: true,
    });
  });

  it('makes a suite red in CI, and nowhere else, and none green', () => {
    const print = sinon.stub(console, 'log');
    const uptime = sinon.stub(process, 'uptime').returns(1e6);
    process.env.CI = 'true';
    assert.equal(withinShare('projects', 0), 1);
    delete process.env.CI;
    assert.equal(withinShare('projects', 0), 0);
    process.env.CI = 'true';
    uptime.returns(1);
    assert.deepEqual([withinShare('projects', 0), withinShare('projects', 3)], [0, 3]);
    uptime.returns(1e6);
    assert.equal(withinShare('projects', 3), 3);
    assert.match(String(print.lastCall.args[0]), /^projects: .* of \d+ min, which is beyond its share$/);
  });

  /** What runs each, by the scripts of package.json that CI calls. */
  const programs: Record<LongSuite, string> = {
    'npm test': 'scripts/test.ts',
    projects: 'test/projects/runner/main.ts',
    'projects --init': 'test/projects/runner/main.ts',
    clients: 'test/clients/main.ts',
    simulation: 'test/realAzure/againstLocalAzure.ts',
    windows: 'test/windows/main.ts',
    faults: 'test/faults/main.ts',
    pins: 'scripts/pins.ts',
  };

  it('is held by the program of each suite that CI runs', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const commands = readFileSync(join(root, '.ci', 'run'), 'utf8').match(/^run npm (run )?[\w:-]+( -- --init)?/gm)!;
    const run = commands.map((command) => {
      const name = command.replace(/^run npm (run )?/, '').replace(' -- --init', '');
      const program = scripts[name]!.split(' tsx ').at(-1)!.replace(/^tsx /, '');
      return command.endsWith('--init') ? `${program} --init` : program;
    });
    const held = (Object.entries(programs) as Array<[LongSuite, string]>).map(([suite, program]) => {
      assert.ok(readFileSync(join(root, program), 'utf8').includes(`'${suite}'`), `${program} holds no share ${suite}`);
      return suite.endsWith('--init') ? `${program} --init` : program;
    });
    assert.deepEqual(run.sort(), held.sort());
    assert.deepEqual(Object.keys(suiteShares).sort(), Object.keys(programs).sort());
  });
});
