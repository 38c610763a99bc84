import assert from 'node:assert/strict';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { reproducible, zipEntries } from '../../../scripts/zipFile';

/** An archive as jszip streams it: sizes and checksum follow the data, and folders have entries. */
function archive(files: Array<[name: string, text: string]>, time: number): Buffer {
  const parts: Buffer[] = [];
  const records: Buffer[] = [];
  let position = 0;
  for (const [name, text] of files) {
    const data = deflateRawSync(text);
    const checksum = crc32 ? crc32(text) : 0;
    const record = Buffer.alloc(46 + name.length);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(8, 8); // Sizes follow.
    record.writeUInt16LE(8, 10); // Deflated.
    record.writeUInt16LE(time, 12);
    record.writeUInt32LE(checksum, 16);
    record.writeUInt32LE(data.length, 20);
    record.writeUInt32LE(text.length, 24);
    record.writeUInt16LE(name.length, 28);
    record.writeUInt32LE(position, 42);
    record.write(name, 46);
    const header = Buffer.alloc(30 + name.length);
    header.writeUInt32LE(0x04034b50, 0);
    record.copy(header, 4, 6, 16);
    header.writeUInt16LE(name.length, 26);
    header.write(name, 30);
    const descriptor = Buffer.alloc(16);
    descriptor.writeUInt32LE(0x08074b50, 0);
    record.copy(descriptor, 4, 16, 28);
    const file = Buffer.concat([header, data, descriptor]);
    position += file.length;
    parts.push(file);
    records.push(record);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(records.length, 8);
  end.writeUInt16LE(records.length, 10);
  end.writeUInt32LE(position, 16);
  return Buffer.concat([...parts, ...records, end]);
}

describe('A ZIP archive', () => {
  const first = archive(
    [
      ['b.txt', 'second'],
      ['folder/', ''],
      ['a.txt', 'first'],
    ],
    1234,
  );
  const second = archive(
    [
      ['a.txt', 'first'],
      ['b.txt', 'second'],
    ],
    4321,
  );

  it('tells its files with their sizes', () => {
    assert.deepEqual(
      zipEntries(second).map(({ name, size }) => [name, size]),
      [
        ['a.txt', 5],
        ['b.txt', 6],
      ],
    );
  });

  it('is the same for the same files, whatever their order and dates', () => {
    assert.ok(!first.equals(second));
    assert.ok(reproducible(first).equals(reproducible(second)));
  });

  it('still holds the files', () => {
    const zip = reproducible(first);
    // The first local header, read by the book.
    assert.equal(zip.readUInt16LE(6) & 8, 0, 'sizes stand before the data');
    const data = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28);
    assert.equal(zip.toString('utf8', 30, data), 'a.txt');
    assert.equal(inflateRawSync(zip.subarray(data, data + zip.readUInt32LE(18))).toString(), 'first');
  });

  it('is refused when it is none', () =>
    assert.throws(() => zipEntries(Buffer.from('no archive at all, surely')), /not a ZIP archive/));
});
