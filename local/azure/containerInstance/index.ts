import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { ExecSessions } from './execSessions';
import { registerFederatedCredentials } from './federatedCredentials';
import { registerRoleAssignments } from '../access/roleAssignments';
import type { LocalAzureContext } from '../context';
import { sharedEngine } from '../engine/sharedEngine';
import type { FileShares } from '../files/fileShares';
import { createLocalAgent } from '../registry/localAgent';
import { openRegistryAccounts } from '../registry/registryAccounts';
import { groupAnswer, type ContainerGroup } from './containerGroup';
import { ContainerGroups } from './containerGroups';
import { ContainerLogs } from './containerLog';
import { Identities, registerIdentities } from './identities';
import { ImageAccess } from './imageAccess';
import { registerLocations } from './locations';
import { registerLogAnalytics } from './logAnalytics';
import { Operations } from './operations';
import { registerContainerGroups } from './routes';

/** Microsoft.ContainerInstance in the resource manager, with the identities and workspaces that its groups refer to. */
export function registerContainerInstances(app: FastifyInstance, context: LocalAzureContext, shares: FileShares): void {
  const agent = createLocalAgent(context.caFile);
  const identities = new Identities(context);
  const images = new ImageAccess(context, agent, identities, openRegistryAccounts(context));
  const operations = new Operations(context);
  const logs = new ContainerLogs(join(context.stateDir, 'container-logs'));
  const engine = sharedEngine(context);
  const collection = context.collection<ContainerGroup>('containerGroups');
  const groups = new ContainerGroups({ context, engine, groups: collection, logs, shares, images, operations });

  context.resources.add({
    list: () =>
      groups.list().map((group) => {
        const { id, name, type, location, tags } = groupAnswer(group, '');
        return { id, name, type, location, tags };
      }),
    removeGroup: async (resourceGroup) => {
      for (const { name } of groups.list(resourceGroup)) await groups.delete(resourceGroup, name);
    },
  });
  const sessions = new ExecSessions(context.url);
  sessions.register(app);
  context.onClose(() => sessions.close());
  registerContainerGroups(app, groups, logs, sessions);
  registerLocations(app, groups);
  registerIdentities(app, identities, context.resources);
  registerFederatedCredentials(app, context, identities);
  registerRoleAssignments(app, identities.assignments, context.resources);
  registerLogAnalytics(app, context);
  operations.register(app);

  // Images are pulled from this very server.
  app.addHook('onListen', () => groups.resume());
  context.onClose(async () => {
    await groups.close();
    await agent.close();
  });
}
