// Lets tests and benches, which run as they are, import Python and shell sources as text, as the bundles of the tasks do.
const { readFileSync } = require('node:fs');

for (const extension of ['.py', '.sh']) {
  require.extensions[extension] = (module, path) => {
    module.exports = { __esModule: true, default: readFileSync(path, 'utf8') };
  };
}
