// Preloaded into Azurite, so that a small blob is written once and nothing else. As it comes, Azurite pipes its bytes through two
// streams, has the disk confirm each blob, then opens the file again and reads back what it wrote, for its hash. What is lost
// with the machine's power the local cloud may lose: its other files are not confirmed by the disk either.
// Source: azurite 3.35, blob/handlers/BlockBlobHandler.js and common/persistence/FSExtentStore.js.
'use strict';
const fs = require('node:fs');
const { Readable } = require('node:stream');

fs.fdatasync = (_file, done) => process.nextTick(done, null);

// Only now: Azurite looks at fs as it is when it is loaded.
const { default: BlockBlobHandler } = require('azurite/dist/src/blob/handlers/BlockBlobHandler');
const { default: FSExtentStore } = require('azurite/dist/src/common/persistence/FSExtentStore');
const { upload } = BlockBlobHandler.prototype;
const { streamPipe } = FSExtentStore.prototype;

const small = 64 * 1024;

BlockBlobHandler.prototype.upload = async function (body, length, options, context) {
  if (!(length <= small)) return upload.call(this, body, length, options, context);
  const bytes = Buffer.concat(await body.toArray());
  const handler = Object.create(this, { extentStore: { value: inMemory(this.extentStore, bytes) } });
  return upload.call(handler, body, length, options, context);
};

/** The extent store for a blob whose bytes are at hand. */
function inMemory(store, bytes) {
  return {
    appendExtent: (_body, id) => store.appendExtent(new AtHand(bytes), id),
    readExtent: async () => Readable.from([bytes]),
  };
}

class AtHand {
  constructor(bytes) {
    this.bytes = bytes;
  }
}

FSExtentStore.prototype.streamPipe = async function (source, target, file, id) {
  if (!(source instanceof AtHand)) return streamPipe.call(this, source, target, file, id);
  const { bytes } = source;
  for (let written = 0; written < bytes.length;) written += fs.writeSync(file, bytes, written);
  return bytes.length;
};
