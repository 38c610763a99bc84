import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildTasks } from '../../../scripts/build';
import { readStack } from '../../../scripts/stack';

describe('source maps', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'maps-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('lead from a place in a published bundle to its line of source, and stay out of the bundle', async () => {
    const place = { tasks: path.join(folder, 'tasks'), maps: path.join(folder, 'maps'), linked: false };
    await buildTasks(['TestEndpoint'], place);
    const bundle = readFileSync(path.join(place.tasks, 'TestEndpoint', 'task.js'), 'utf8');
    assert.doesNotMatch(bundle, /sourceMappingURL/);
    const lines = bundle.split('\n');
    const line = lines.findIndex((text) => text.includes('result: Failed') || text.includes('SIGTERM'));
    const column = lines[line]!.search(/result: Failed|SIGTERM/);
    const stack = readStack(`    at runTask (/agent/_tasks/x/1.0.0/task.js:${line + 1}:${column + 1})`, (name) =>
      readFileSync(path.join(place.maps, 'TestEndpoint', `${name}.map`), 'utf8'),
    );
    assert.match(stack, /^ {4}at runTask \((tasks|node_modules)\/[\w/.-]+\.(ts|js):\d+:\d+\)$/);
    const [, file, at] = /\(([^:]+):(\d+):/.exec(stack)!;
    const source = readFileSync(path.join(__dirname, '../../..', file!), 'utf8').split('\n');
    assert.match(source.slice(Number(at) - 2, Number(at) + 1).join('\n'), /Failed|SIGTERM/);
  });

  it('leave a place that no map knows as it is', () => {
    const map = JSON.stringify({ version: 3, sources: [], names: [], mappings: '' });
    assert.equal(
      readStack('at x (task.js:1:1) at node:internal', () => map),
      'at x (task.js:1:1) at node:internal',
    );
  });
});
