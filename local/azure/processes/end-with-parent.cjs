// Preloaded into a child whose standard input is a pipe from local Azure: the pipe closes when local Azure is gone, however
// it went, and the child then ends in good order (Azurite saves what it holds).
'use strict';
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.on('error', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.resume();
// Watching must not itself keep the child alive.
process.stdin.unref?.();
