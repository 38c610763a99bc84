// The local cloud's DNS, for processes started with NODE_OPTIONS=--require=<this file>: RFC 6761 reserves *.localhost for
// the loopback address, but not every system's resolver knows that. A name in the zone (LOCAL_AZURE_HOSTS, lines of
// `ip name`) has its own address; a name of a container group that is not in the zone does not exist.
'use strict';
const dns = require('node:dns');
const { readFileSync } = require('node:fs');

const containerGroups = '.azurecontainer.localhost';

function addressOf(hostname) {
  const name = String(hostname).toLowerCase().replace(/\.$/, '');
  if (!name.endsWith('.localhost')) return undefined;
  let zone = '';
  try {
    zone = readFileSync(process.env.LOCAL_AZURE_HOSTS || '', 'utf8');
  } catch {
    // No zone: only the names that need none.
  }
  for (const line of zone.split('\n')) {
    const [ip, host] = line.split(/\s+/);
    if (host && host.toLowerCase() === name) return { address: ip };
  }
  return name.endsWith(containerGroups) ? { missing: true } : { address: '127.0.0.1' };
}

function notFound(hostname) {
  const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
  return Object.assign(error, { code: 'ENOTFOUND', errno: -3008, syscall: 'getaddrinfo', hostname });
}

const lookup = dns.lookup;
dns.lookup = function (hostname, options, callback) {
  const answer = addressOf(hostname);
  if (!answer) return lookup.apply(this, arguments);
  const done = typeof options === 'function' ? options : callback;
  const all = typeof options === 'object' && options !== null && options.all;
  process.nextTick(() => {
    if (answer.missing) done(notFound(hostname));
    else if (all) done(null, [{ address: answer.address, family: 4 }]);
    else done(null, answer.address, 4);
  });
  return {};
};
// util.promisify must keep handing back {address, family}, as it does for Node's own lookup.
Object.defineProperty(dns.lookup, require('node:util').promisify.custom, {
  value: (hostname, options) => dns.promises.lookup(hostname, options),
});

const lookupPromise = dns.promises.lookup;
dns.promises.lookup = async function (hostname, options) {
  const answer = addressOf(hostname);
  if (!answer) return lookupPromise.apply(this, arguments);
  if (answer.missing) throw notFound(hostname);
  const entry = { address: answer.address, family: 4 };
  return options && options.all ? [entry] : entry;
};
