// Preloaded into Azurite, so that ten thousand blobs take seconds, not minutes.
// Source: lokijs 1.5, Resultset.findAnd and Loki.autosaveEnable; azurite 3.35, blob/persistence/LokiBlobMetadataStore.js and
// blob/generated/middleware/dispatch.middleware.js.
'use strict';
const { createRequire } = require('node:module');

const Loki = createRequire(require.resolve('azurite/package.json'))('lokijs');

// Its database narrows a search down by one condition after the other and can use an index only for the first. Azurite's
// searches begin with the account, which is the same for all: every request looks at every blob. Here the blob's name goes first.
const { findAnd } = Loki.Resultset.prototype;
const telling = ['blobName', 'name'];

Loki.Resultset.prototype.findAnd = Loki.Resultset.prototype.$and = function (conditions) {
  const rank = (condition) => telling.indexOf(Object.keys(condition)[0]) >>> 0;
  return findAnd.call(
    this,
    [...conditions].sort((a, b) => rank(a) - rank(b)),
  );
};

// Each save writes all blobs again, and came every five seconds. Here what saving takes stays a twentieth of the time.
Loki.prototype.autosaveEnable = function () {
  this.autosave = true;
  const wait = (milliseconds) => void (this.autosaveHandle = setTimeout(save, milliseconds).unref());
  const save = () => {
    const started = performance.now();
    if (!this.autosaveDirty()) wait(this.autosaveInterval);
    else this.saveDatabase(() => wait(Math.max(this.autosaveInterval, 20 * (performance.now() - started))));
  };
  wait(this.autosaveInterval);
};

// To find a request's operation, the template of each operation's path was parsed for each request, against one of three patterns.
const paths = require('azurite/dist/src/blob/generated/utils/utils');
const { isURITemplateMatch } = paths;
const patterns = new Set(['/', '/container', '/container/blob']);
const matches = new Map();

paths.isURITemplateMatch = (path, template) => {
  if (!patterns.has(path)) return isURITemplateMatch(path, template);
  const key = `${path} ${template}`;
  if (!matches.has(key)) matches.set(key, isURITemplateMatch(path, template));
  return matches.get(key);
};
