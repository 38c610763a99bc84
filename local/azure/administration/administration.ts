import type { FastifyInstance } from 'fastify';
import type { AccessControl, GrantedRole } from '../access/accessControl';
import { ArmError } from '../context';
import type { Fault, FaultPlan } from '../faults/faultPlan';
import type { RequestJournal } from '../traffic/requestJournal';

export interface Administration {
  token: string;
  access: AccessControl;
  faults: FaultPlan;
  journal: RequestJournal;
  /** Starts the stop; the answer to the request still goes out. */
  shutDown(): void;
}

/** `/_local/`: what tests and the command line do with the local cloud itself; no part of Azure. */
export function registerAdministration(app: FastifyInstance, administration: Administration): void {
  app.addHook('onRequest', async (request) => {
    if (request.headers.authorization === `Bearer ${administration.token}`) return;
    throw new ArmError(
      401,
      'Unauthorized',
      'The administration of local Azure needs the token of its state directory.',
    );
  });
  app.post<{ Body: Fault }>('/_local/faults', async (request) => {
    administration.faults.add(request.body);
    return {};
  });
  app.get('/_local/faults', async () => administration.faults.list());
  app.delete('/_local/faults', async () => {
    administration.faults.clear();
    return {};
  });
  app.get('/_local/requests', async () => administration.journal.entries());
  app.delete('/_local/requests', async () => {
    administration.journal.clear();
    return {};
  });
  app.put<{ Body: GrantedRole[] }>('/_local/roles', async (request) => {
    administration.access.limitTo(request.body);
    return {};
  });
  app.delete('/_local/roles', async () => {
    administration.access.limitTo(undefined);
    return {};
  });
  app.post('/_local/shutdown', async () => {
    setImmediate(() => administration.shutDown());
    return {};
  });
}
