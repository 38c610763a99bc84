import assert from 'node:assert/strict';
import fs, { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sinon from 'sinon';
import { openDocumentStore } from '../../../local/azure/store/documentStore';

describe('the documents of local Azure', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'documents-'))));
  afterEach(() => {
    sinon.restore();
    rmSync(folder, { recursive: true });
  });

  const file = () => join(folder, 'things.jsonl');
  const lines = () => readFileSync(file(), 'utf8').trimEnd().split('\n').length;
  const open = () => openDocumentStore(folder)<{ at: number }>('things');

  it('take no more room for being changed again and again', () => {
    const things = open();
    let longest = 0;
    for (let at = 0; at < 3000; at++) {
      things.put(`thing-${at % 10}`, { at });
      longest = Math.max(longest, lines());
    }
    assert.ok(longest < 300, `${longest} lines for 10 documents`);
    assert.deepEqual(open().list().map(({ value }) => value.at).sort(), [2990, 2991, 2992, 2993, 2994, 2995, 2996, 2997, 2998, 2999]); // prettier-ignore
  });

  it('take at most half as much again for being changed once each', () => {
    const things = open();
    for (let at = 0; at < 1000; at++) things.put(`thing-${at}`, { at });
    for (let at = 0; at < 1000; at++) {
      things.put(`thing-${at}`, { at: at + 1 });
      assert.ok(lines() <= 1501);
    }
    assert.deepEqual(open().get('thing-999'), { at: 1000 });
  });

  it('are forgotten for good where they are deleted, be it many', () => {
    const things = open();
    for (let at = 0; at < 600; at++) things.put(`thing-${at}`, { at });
    for (let at = 0; at < 599; at++) assert.ok(things.delete(`thing-${at}`));
    assert.ok(lines() < 300);
    assert.deepEqual(open().list(), [{ key: 'thing-599', value: { at: 599 } }]);
  });

  it('are kept where they cannot be written again', () => {
    const things = open();
    for (let at = 0; at < 150; at++) things.put('thing', { at });
    const rename = sinon.stub(fs, 'renameSync').throws(new Error('no room'));
    for (let at = 150; at < 300; at++) things.put('thing', { at });
    assert.ok(rename.called);
    sinon.restore();
    assert.deepEqual(open().get('thing'), { at: 299 });
  });

  it('are as they were where a change found no room on the disk', () => {
    const fullDisk = () => {
      const write = fs.appendFileSync;
      sinon.stub(fs, 'appendFileSync').callsFake((path, data) => {
        write(path, (data as string).slice(0, 9));
        throw new Error('ENOSPC: no space left on device');
      });
    };
    const things = open();
    fullDisk();
    assert.throws(() => things.put('first', { at: 0 }), /ENOSPC/);
    sinon.restore();
    things.put('a', { at: 1 });
    fullDisk();
    assert.throws(() => things.put('a', { at: 2 }), /ENOSPC/);
    assert.throws(() => things.delete('a'), /ENOSPC/);
    sinon.restore();
    things.put('b', { at: 3 });
    const expected = [
      { key: 'a', value: { at: 1 } },
      { key: 'b', value: { at: 3 } },
    ];
    assert.deepEqual(things.list(), expected);
    assert.deepEqual(open().list(), expected);
  });

  it('are read in pieces, wherever a piece ends, without the line that a kill cut short', () => {
    const open = () => openDocumentStore(folder)<{ text: string }>('things');
    const text = (at: number) => 'ü€😀'.repeat(at * 977);
    const things = open();
    for (let at = 0; at < 120; at++) things.put(`thing-${at}`, { text: text(at) });
    const whole = readFileSync(file());
    assert.ok(whole.length > 1_000_000);
    writeFileSync(file(), Buffer.concat([whole, whole.subarray(0, 1), Buffer.from('"key":"thing-1","value":{"te')]));
    const again = open();
    for (let at = 0; at < 120; at++) assert.equal(again.get(`thing-${at}`)?.text, text(at));
    // What comes after it has a line of its own, and all is written again, in pieces too, as it was.
    again.put('thing-0', { text: 'other' });
    open().put('thing-0', { text: '' });
    const lines = (bytes: Buffer) => bytes.toString('utf8').trimEnd().split('\n').sort();
    open();
    assert.deepEqual(lines(readFileSync(file())), lines(whole));
  });

  it('are refused where a line in the midst is damaged', () => {
    writeFileSync(file(), '{"key":"a","value":{"at":1}}\n{"key":"b"\n{"key":"c","value":{"at":3}}\n');
    assert.throws(open, /things\.jsonl line 2 is damaged; remove the state directory to start again/);
  });
});
