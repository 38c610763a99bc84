/** A file in a ZIP archive, as the archive's directory names it; sizes in bytes. */
export interface ZipEntry {
  name: string;
  compressedSize: number;
  size: number;
}

const endRecord = { signature: 0x06054b50, size: 22 };
const directoryEntry = { signature: 0x02014b50, size: 46 };
const localHeaderSize = 30;
/** Set where sizes follow the data instead of standing before it. */
const hasDataDescriptor = 1 << 3;
/** 1 January 1980, the first moment that the format knows. */
const firstDate = (1 << 5) | 1;

/** A record of the archive's directory, with its name. Source: PKWARE APPNOTE 4.3.12. */
interface DirectoryRecord {
  name: string;
  bytes: Buffer;
}

function directory(zip: Buffer): DirectoryRecord[] {
  let end = zip.length - endRecord.size;
  while (end >= 0 && zip.readUInt32LE(end) !== endRecord.signature) end--;
  if (end < 0) throw new Error('This is not a ZIP archive: it has no end record.');
  const records: DirectoryRecord[] = [];
  let offset = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count--) {
    if (zip.readUInt32LE(offset) !== directoryEntry.signature) throw new Error('The ZIP archive is damaged.');
    const [name, extra, comment] = [28, 30, 32].map((place) => zip.readUInt16LE(offset + place)) as [
      number,
      number,
      number,
    ];
    const size = directoryEntry.size + name + extra + comment;
    records.push({
      name: zip.toString('utf8', offset + directoryEntry.size, offset + directoryEntry.size + name),
      bytes: zip.subarray(offset, offset + size),
    });
    offset += size;
  }
  return records;
}

export function zipEntries(zip: Buffer): ZipEntry[] {
  return directory(zip).map(({ name, bytes }) => ({
    name,
    compressedSize: bytes.readUInt32LE(20),
    size: bytes.readUInt32LE(24),
  }));
}

/** The same archive with its files by name, without folders and dates: the same files then make the same bytes. */
export function reproducible(zip: Buffer): Buffer {
  const files: Buffer[] = [];
  const records: Buffer[] = [];
  let position = 0;
  const kept = directory(zip).filter(({ name }) => !name.endsWith('/'));
  for (const { bytes } of kept.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const record = Buffer.from(bytes);
    record.writeUInt16LE(record.readUInt16LE(8) & ~hasDataDescriptor, 8);
    record.writeUInt16LE(0, 12);
    record.writeUInt16LE(firstDate, 14);

    const start = record.readUInt32LE(42);
    const nameAndExtra = zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
    const data = start + localHeaderSize + nameAndExtra;
    const file = Buffer.from(zip.subarray(start, data + record.readUInt32LE(20)));
    // Version, flags, method, date, checksum and sizes stand in both places in the same order.
    record.copy(file, 4, 6, 28);

    record.writeUInt32LE(position, 42);
    position += file.length;
    files.push(file);
    records.push(record);
  }
  const end = Buffer.alloc(endRecord.size);
  end.writeUInt32LE(endRecord.signature, 0);
  end.writeUInt16LE(records.length, 8);
  end.writeUInt16LE(records.length, 10);
  end.writeUInt32LE(
    records.reduce((sum, record) => sum + record.length, 0),
    12,
  );
  end.writeUInt32LE(position, 16);
  return Buffer.concat([...files, ...records, end]);
}
