// Lets tests and benches, which run as they are, import Python sources as text, as the bundles of the tasks do.
const { readFileSync } = require('node:fs');

require.extensions['.py'] = (module, path) => {
  module.exports = { __esModule: true, default: readFileSync(path, 'utf8') };
};
