import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { differencesFromTold, type ToldReport } from '../../../support/toldReports';

/**
 * True reports, each with what its tool's own objects say that is in it, written by test/clients/python/*_reports.py;
 * `npm run clients` lets the pinned versions write them again.
 */
const folder = join(__dirname, 'recorded');
const told = readFileSync(join(folder, 'told.jsonl'), 'utf8').trim().split('\n');

describe('data reports as their tools write them', () => {
  for (const each of told.map((line) => JSON.parse(line) as ToldReport)) {
    it(`${each.report} tells what its tool tells`, () => {
      assert.deepEqual(differencesFromTold(folder, each), []);
    });
  }
});
