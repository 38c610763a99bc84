/**
 * A scoring service whose delays are known: `server.js <fast|known|stall>`. Prints its port.
 *
 * fast   answers at once
 * known  answers after the delays of `knownDelays`, the same in every hundred requests
 * stall  answers after a millisecond, but nothing in the two seconds that begin two seconds after its first request
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delayOf, stall } from './knownDelays';

const kind = process.argv[2];
const body = '{"predictions":[1.5]}';
let requests = 0;
let started = 0;

function delay(): number {
  if (kind === 'known') return delayOf(requests++);
  const now = performance.now();
  started ||= now;
  const passed = now - started;
  return 1 + (passed >= stall.from && passed < stall.to ? stall.to - passed : 0);
}

const server = createServer((request, response) => {
  request.resume();
  const answer = () => response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  if (kind === 'fast') answer();
  else setTimeout(answer, delay());
});
// wrk and k6 keep their connections; a time-out of Node's own would end them within a stall.
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
