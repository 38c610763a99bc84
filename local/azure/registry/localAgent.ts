import { readFileSync } from 'node:fs';
import { Agent } from 'undici';

/**
 * Connections from a service inside local Azure to another one by its public name: they trust the local CA, and every
 * name is this machine (the process itself runs without the local cloud's DNS).
 */
export function createLocalAgent(caFile: string): Agent {
  return new Agent({
    // A push of a big layer takes what it takes.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      ca: readFileSync(caFile, 'utf8'),
      lookup: (_hostname, options, callback) => {
        if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      },
    },
  });
}
