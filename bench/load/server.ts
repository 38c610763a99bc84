/** A scoring service that answers after a given number of milliseconds: `tsx server.ts <milliseconds>`. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const delay = Number(process.argv[2] ?? 0);
const body = '{"predictions":[1.5]}';
const server = createServer((request, response) => {
  request.resume();
  const answer = () => response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  if (delay > 0) setTimeout(answer, delay);
  else answer();
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
