import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { ExecSessions } from './execSessions';
import type { LocalAzureContext } from '../context';
import { sharedEngine } from '../engine/sharedEngine';
import type { FileShares } from '../files/fileShares';
import type { Identities } from '../managedIdentity/identities';
import { createLocalAgent } from '../registry/localAgent';
import { openRegistryAccounts } from '../registry/registryAccounts';
import { groupAnswer, type ContainerGroup } from './containerGroup';
import { ContainerGroups } from './containerGroups';
import { ContainerLogs } from './containerLog';
import { GroupContainers } from './groupContainers';
import { ImageAccess } from './imageAccess';
import { registerLocations } from './locations';
import { Operations } from './operations';
import { registerContainerGroups } from './routes';

/**
 * Microsoft.ContainerInstance in the resource manager.
 * @param identities those that its groups may have, and pull their images with
 * @param shares those that its groups may mount
 */
export function registerContainerInstances(
  app: FastifyInstance,
  context: LocalAzureContext,
  identities: Identities,
  shares: FileShares,
): void {
  const agent = createLocalAgent(context.caFile);
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
  registerContainerGroups(app, groups, new GroupContainers(groups, logs, sessions));
  registerLocations(app, groups);
  operations.register(app);

  // Images are pulled from this very server.
  app.addHook('onListen', () => groups.resume());
  context.onClose(async () => {
    await groups.close();
    await agent.close();
  });
}
