// Preloaded into Azurite, so that it starts in little more than half the time: what this start has switched off
// (telemetry, a SQL database) is not loaded.
// Source: azurite 3.35, common/Telemetry.js and blob/BlobServerFactory.js.
'use strict';
const { createRequire, Module } = require('node:module');

const ofAzurite = createRequire(require.resolve('azurite/package.json'));

for (const name of ['applicationinsights', './dist/src/blob/SqlBlobServer']) {
  const file = ofAzurite.resolve(name);
  require.cache[file] = Object.assign(new Module(file), { exports: {}, loaded: true });
}
