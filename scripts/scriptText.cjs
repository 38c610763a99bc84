// Lets tests and benches, which run as they are, import Python, shell and CSS sources as text, as the bundles of the tasks do.
const { readFileSync } = require('node:fs');

for (const extension of ['.py', '.sh', '.css']) {
  require.extensions[extension] = (module, path) => {
    module.exports = { __esModule: true, default: readFileSync(path, 'utf8') };
  };
}
