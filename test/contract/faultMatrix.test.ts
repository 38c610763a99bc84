import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cellsOf, distinct } from '../faults/cell';
import type { Outcome, Verdict } from '../faults/outcome';
import { faultClasses, hostFaults } from '../faults/faultClasses';
import { generated, guideFile, withResults } from '../faults/guide';
import type { Judged } from '../faults/matrix';
import type { Operation } from '../faults/operations';
import { inOrder, shardOf, textOf } from '../faults/options';
import { scenarios } from '../faults/scenarios';

describe('The matrix of faults', () => {
  const [, table = ''] = readFileSync(guideFile, 'utf8').split(generated);
  const rows = [...table.matchAll(/^\| ([^|]+?) +\| ([^|]+?) +\| `([^`]+)` +\| (.+?) +\|$/gm)];
  const cells = rows.flatMap(([, scenario, , , faults]) =>
    faults!.split(', ').flatMap((cell) => {
      const [, fault, letter] = /^(.+) (R|E|–|\*\*B\*\*)$/.exec(cell) ?? [];
      // A kill's name has a comma: its first half carries no letter.
      return letter ? [{ scenario: scenario!, fault: fault!, letter }] : [];
    }),
  );
  const count = (letter: string): number => cells.filter((cell) => cell.letter === letter).length;

  it('closes with the counts of what it shows, and nothing is bad', () => {
    const said =
      /\*\*(\d+) cells(?: and \d+ sizes)?: (\d+) ridden out, (\d+) one clear error, bad (\d+) \((\d+) not met\)/.exec(
        table,
      );
    assert.ok(said, 'The guide has no closing line: npm run test:faults -- --docs');
    const [met, ridden, errors, bad, notMet] = said.slice(1).map(Number);
    assert.deepEqual([ridden, errors, bad, notMet], [count('R'), count('E'), 0, count('–')]);
    assert.equal(met, ridden! + errors!);
    assert.ok(met >= 600, `${met} cells`);
  });

  it('shows every scenario, and only faults that there are', () => {
    assert.deepEqual(
      [...new Set(cells.map(({ scenario }) => scenario))].sort(),
      scenarios.map(({ name }) => name).sort(),
    );
    const names = [...faultClasses, ...hostFaults].map(({ name }) => name);
    const unknown = cells
      .map(({ fault }) => fault)
      .filter((fault) => !names.includes(fault) && !/^(in flight|not answered)$/.test(fault));
    assert.deepEqual(unknown, []);
  });

  it('calls a fault that passes an error nowhere', () => {
    const passing = [...faultClasses, ...hostFaults].filter(({ passes }) => passes).map(({ name }) => name);
    assert.deepEqual(
      cells.filter(({ fault, letter }) => letter === 'E' && passing.includes(fault)),
      [],
    );
  });

  const operation = (name: string, method = 'GET'): Operation => ({
    name,
    method,
    service: 'arm',
    pattern: { method, host: '^localhost', path: name },
    count: 1,
    status: 200,
  });

  it('draws what one client rides out once, and the rest in every scenario', () => {
    const drawn = distinct(
      ['Train', 'Evaluate'].flatMap((scenario) => cellsOf(scenario, [operation('GET a'), operation('PUT b', 'PUT')])),
    );
    const times = (text: string): number => drawn.filter((cell) => textOf(cell).endsWith(text)).length;
    assert.deepEqual(
      ['GET a reset-before', 'GET a 404', 'GET a 503 for ever', 'PUT b reset-before'].map(times),
      [1, 2, 2, 2],
    );
    const signIn = { ...operation('POST token', 'POST'), service: 'entra' as const };
    const signing = distinct(['Train', 'Evaluate'].flatMap((scenario) => cellsOf(scenario, [signIn])));
    assert.deepEqual([...new Set(signing.map(({ scenario }) => scenario))], ['Train']);
  });

  it('has parts that are the same each time and hold each cell once', () => {
    const all = cellsOf('Train', [operation('GET a'), operation('PUT b', 'PUT')]);
    assert.deepEqual(inOrder([...all].reverse()).map(textOf), inOrder(all).map(textOf));
    const shards = ['0000000a', 'ffffffff', '12345678'].map((sha) => shardOf(`${sha}00`, 10));
    assert.deepEqual(shards, [1, 6, 7]);
  });

  it('replaces what the guide held, and says what has not run', () => {
    const judged = (verdict: Verdict): Judged => ({
      cell: { id: '1', scenario: 'Train', operation: operation('GET a'), fault: '503' },
      outcome: { verdict } as Outcome,
    });
    const guide = `own\n\n${generated}\n\nold\n`;
    const results = { judged: [judged('ridden out')], measured: [], drawn: 3, operations: {} };
    const text = withResults(guide, results);
    assert.match(
      text,
      /^own\n\n<!--.*-->\n\n\*\*1 cells: 1 ridden out, 0 one clear error, bad 0 \(0 not met\)\.\*\* Of 3 cells/,
    );
    assert.match(text, /\| Train \| arm \| `GET a` \| 503 R \|\n$/);
  });
});
