// Preloaded into a task's process: its time runs FAULTS_CLOCK_SPEED times as fast as ours, so that half an hour of an
// outage takes a minute. Nothing in a task knows of it: the clock is Node's.
'use strict';
const net = require('node:net');
const { performance } = require('node:perf_hooks');
const timers = require('node:timers');
const promises = require('node:timers/promises');
const { promisify } = require('node:util');

const speed = Number(process.env.FAULTS_CLOCK_SPEED || 20);
const scaled = (ms) => (Number(ms) > 0 ? Number(ms) / speed : ms);

const RealDate = Date;
const began = RealDate.now();
const now = () => Math.round(began + (RealDate.now() - began) * speed);
globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(now());
    else super(...given);
  }
  static now() {
    return now();
  }
};

const highResolution = performance.now.bind(performance);
performance.now = () => highResolution() * speed;

for (const name of ['setTimeout', 'setInterval']) {
  const real = timers[name];
  const fast = (callback, ms, ...given) => real(callback, scaled(ms), ...given);
  Object.defineProperty(fast, promisify.custom, {
    value: (ms, value, options) => real[promisify.custom](scaled(ms), value, options),
  });
  globalThis[name] = timers[name] = fast;
}
const wait = promises.setTimeout;
promises.setTimeout = (ms, value, options) => wait(scaled(ms), value, options);

const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => timeout(Math.ceil(scaled(ms)));

const idle = net.Socket.prototype.setTimeout;
net.Socket.prototype.setTimeout = function (ms, callback) {
  return idle.call(this, Math.ceil(scaled(ms)), callback);
};
