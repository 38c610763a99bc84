/**
 * `docker` for scripts that local Azure runs as a step of a task: hands its command line to the run that it belongs to, by the
 * socket that LOCAL_AZURE_DOCKER names, and does as that answers. See dockerSocket.ts.
 */
const { request } = require('node:http');

const order = JSON.stringify({ words: process.argv.slice(2), directory: process.cwd() });
const sent = request({ socketPath: process.env.LOCAL_AZURE_DOCKER, path: '/', method: 'POST' }, (answer) => {
  let text = '';
  answer.setEncoding('utf8');
  answer.on('data', (part) => (text += part));
  answer.on('end', () => {
    const { stdout, stderr, exitCode } = JSON.parse(text);
    process.stderr.write(stderr);
    process.stdout.write(stdout, () => process.exit(exitCode));
  });
});
sent.on('error', (error) => {
  console.error(`docker: ${error.message}`);
  process.exit(1);
});
sent.end(order);
