// Preloaded into Azurite, so that whoever uploads gigabytes does not wait for work that nobody asked for. As it comes,
// Azurite writes a block in pieces of 64 KiB one after the other, then reads it back from disk and hashes it, though the
// hash is compared only where the request brought one (Content-MD5).
// Source: azurite 3.35, blob/handlers/BlockBlobHandler.js and common/persistence/FSExtentStore.js.
'use strict';
const fs = require('node:fs');
const { Readable } = require('node:stream');

const { createWriteStream } = fs;
fs.createWriteStream = (path, options) => createWriteStream(path, { highWaterMark: 1024 * 1024, ...options });

// Only now: Azurite looks at fs as it is when it is loaded.
const { default: BlockBlobHandler } = require('azurite/dist/src/blob/handlers/BlockBlobHandler');
const { stageBlock } = BlockBlobHandler.prototype;

BlockBlobHandler.prototype.stageBlock = function (blockId, length, body, options, context) {
  const { request } = context;
  const isHashed = request.getHeader('content-md5') || request.getHeader('x-ms-blob-content-md5');
  const handler = isHashed ? this : Object.create(this, { extentStore: { value: writeOnly(this.extentStore) } });
  return stageBlock.call(handler, blockId, length, body, options, context);
};

/** An extent store that hands nothing back of what it was given. */
function writeOnly(store) {
  return { appendExtent: (...given) => store.appendExtent(...given), readExtent: async () => Readable.from([]) };
}
