// Preloaded into a task's process: this process becomes one that runs the task beneath itself, as an agent does, or docker exec in
// a container job. When it is killed, the task has what it has then: no signal, but pipes that nobody reads, and no parent.
'use strict';
const { spawn } = require('node:child_process');
const Module = require('node:module');

if (!process.env.FAULTS_BENEATH) {
  const child = spawn(process.execPath, process.argv.slice(1), {
    env: { ...process.env, FAULTS_BENEATH: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  // The agent closes the input of its tasks at once. Source: azure-pipelines-agent, ProcessInvoker.cs.
  child.stdin.end();
  child.stdout.pipe(process.stdout);
  child.stderr.pipe(process.stderr);
  child.once('exit', (code) => process.exit(code ?? 1));
  Module.runMain = () => {};
}
