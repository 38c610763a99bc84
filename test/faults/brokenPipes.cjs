// Preloaded into a task's process: at SIGUSR2 its outputs break, as they do when the agent that reads them has died: one
// error, and then nobody hears anything.
'use strict';
process.on('SIGUSR2', () => {
  for (const stream of [process.stdout, process.stderr]) {
    let isBroken = false;
    stream.write = () => {
      if (!isBroken) {
        process.nextTick(() => stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
      }
      isBroken = true;
      return false;
    };
  }
});
