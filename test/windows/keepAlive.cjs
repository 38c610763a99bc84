// Wine refuses to set keep-alive with a delay on a socket that is not connected yet, which Windows and undici do.
const { Socket } = require('node:net');

const { setKeepAlive } = Socket.prototype;
Socket.prototype.setKeepAlive = function (...options) {
  if (!this.connecting) return setKeepAlive.apply(this, options);
  this.once('connect', () => setKeepAlive.apply(this, options));
  return this;
};
