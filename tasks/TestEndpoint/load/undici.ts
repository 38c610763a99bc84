/**
 * The parts of undici that we use, by their files: the package's entry brings fetch, caches, mocks and web sockets along,
 * a quarter of a megabyte that each agent would download for nothing. undici is pinned to an exact version.
 */
import type * as undici from 'undici';
// @ts-expect-error the file has no types of its own
import ClientFile from 'undici/lib/dispatcher/client.js';
// @ts-expect-error the file has no types of its own
import PoolFile from 'undici/lib/dispatcher/pool.js';
// @ts-expect-error the file has no types of its own
import ProxyAgentFile from 'undici/lib/dispatcher/proxy-agent.js';
// @ts-expect-error the file has no types of its own
import DispatcherFile from 'undici/lib/dispatcher/dispatcher.js';
// @ts-expect-error the file has no types of its own
import connectFile from 'undici/lib/api/api-connect.js';
// @ts-expect-error the file has no types of its own
import requestFile from 'undici/lib/api/api-request.js';

// The package's entry gives this method to all dispatchers; ProxyAgent opens its tunnels by it.
(DispatcherFile as { prototype: { connect: unknown } }).prototype.connect = connectFile;

/** One connection. */
export const Client = ClientFile as typeof undici.Client;
/**
 * As many connections as are needed; chosen by its name.
 * @public
 */
export const Pool = PoolFile as typeof undici.Pool;
export const ProxyAgent = ProxyAgentFile as typeof undici.ProxyAgent;

/** One request on a dispatcher, as undici's own `request`. */
export const request = requestFile as (
  this: undici.Dispatcher,
  options: undici.Dispatcher.RequestOptions,
) => Promise<undici.Dispatcher.ResponseData>;
