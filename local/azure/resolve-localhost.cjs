// The local cloud's DNS, for processes started with NODE_OPTIONS=--require=<this file>: RFC 6761 reserves *.localhost for
// the loopback address, but not every system's resolver knows that. A name in the zone (LOCAL_AZURE_HOSTS, lines of
// `ip name`) has its own address; a name of a container group that is not in the zone does not exist. A test may have
// planned that a name is not resolved for some look-ups: dns/zone.ts says how.
'use strict';
const dns = require('node:dns');
const { readdirSync, readFileSync, unlinkSync } = require('node:fs');

const containerGroups = '.azurecontainer.localhost';

function addressOf(hostname) {
  const name = String(hostname).toLowerCase().replace(/\.$/, '');
  if (!name.endsWith('.localhost')) return undefined;
  const code = plannedFault(name);
  if (code) return { code };
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
  return name.endsWith(containerGroups) ? { code: 'ENOTFOUND' } : { address: '127.0.0.1' };
}

/** The code by which this look-up is to fail. Each planned fault is a file, met by whoever can remove it. */
function plannedFault(name) {
  const folder = `${process.env.LOCAL_AZURE_HOSTS}.faults`;
  let files = [];
  try {
    files = readdirSync(folder).sort();
  } catch {
    // None is planned.
  }
  for (const file of files) {
    try {
      const fault = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
      if (!new RegExp(fault.name, 'i').test(name)) continue;
      unlinkSync(`${folder}/${file}`);
      return fault.code;
    } catch {
      // Another process met it first.
    }
  }
  return undefined;
}

const numbers = { ENOTFOUND: -3008, EAI_AGAIN: -3001 };

function failure(code, hostname) {
  const error = new Error(`getaddrinfo ${code} ${hostname}`);
  return Object.assign(error, { code, errno: numbers[code], syscall: 'getaddrinfo', hostname });
}

const lookup = dns.lookup;
dns.lookup = function (hostname, options, callback) {
  const answer = addressOf(hostname);
  if (!answer) return lookup.apply(this, arguments);
  const done = typeof options === 'function' ? options : callback;
  const all = typeof options === 'object' && options !== null && options.all;
  process.nextTick(() => {
    if (answer.code) done(failure(answer.code, hostname));
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
  if (answer.code) throw failure(answer.code, hostname);
  const entry = { address: answer.address, family: 4 };
  return options && options.all ? [entry] : entry;
};
