// Preloaded into a task's process that is to be killed: no signal that asks it to end reaches it before.
'use strict';
const { on } = process;
const isSignal = (name) => name === 'SIGINT' || name === 'SIGTERM';
for (const name of ['SIGINT', 'SIGTERM']) on.call(process, name, () => {});
process.on = process.once = (name, does) => (isSignal(name) ? process : on.call(process, name, does));
