import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { actOutFaults } from '../../local/azure/faults/actOutFaults';
import { FaultPlan } from '../../local/azure/faults/faultPlan';
import { RequestJournal } from '../../local/azure/traffic/requestJournal';
import type { Surface } from './surface';

/** A scoring endpoint of our own that meets the same faults as Azure. */
export async function startEndpoint(): Promise<Surface & { url: string }> {
  const noZone = { plan: () => undefined, hits: () => [], clearFaults: () => undefined };
  const plan = new FaultPlan(noZone);
  const journal = new RequestJournal();
  const serve = actOutFaults(plan, (request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('[1]'));
  });
  const server = createServer(journal.keep(serve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/score`,
    faults: {
      http: (fault) => Promise.resolve(plan.add({ kind: 'http', ...fault })),
      dns: () => Promise.reject(new Error('The endpoint has no name.')),
      list: () => Promise.resolve(plan.list()),
      clear: () => Promise.resolve(plan.clear()),
    },
    requests: {
      list: () => Promise.resolve(journal.entries()),
      clear: () => Promise.resolve(journal.clear()),
    },
  };
}
