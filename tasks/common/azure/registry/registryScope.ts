import { azCommand } from '../rights/azCommand';
import { HiddenResource, type NamedScope } from '../rights/neededRole';
import type { AzureSession } from '../http/session';
import type { Workspace } from '../ml/workspace';
import { findByName, listContainerRegistries, nameInAzure } from './containerRegistry';

/** @param name of a registry, or its login server */
export function registryScope(session: AzureSession, name: string): NamedScope {
  const { subscriptionId } = session.connection;
  const wanted = nameInAzure(name);
  // A name keeps the case in which the registry was made; the host that begins with it is in lower case.
  const command = wanted.includes('.')
    ? azCommand`acr list --subscription "${subscriptionId}" --query "[?loginServer=='${wanted}'].id" --output tsv`
    : azCommand`acr list --subscription "${subscriptionId}" --query "[?name=='${wanted}' || starts_with(loginServer, '${wanted}.')].id" --output tsv`;
  return {
    called: `the registry ${name}`,
    command,
    find: async () => {
      const all = await listContainerRegistries(session);
      if (all.length === 0) throw new HiddenResource('The service connection sees no registry.');
      // Where it sees others, this one may be of another subscription, or misspelt: that shows when it is looked for.
      return findByName(all, name)?.id;
    },
  };
}

/** The registry that a workspace was given. */
export function registryOfWorkspace(workspace: Workspace): NamedScope {
  return {
    called: `the registry of the workspace ${workspace.name}`,
    command: azCommand`resource show --ids "${workspace.id}" --query properties.containerRegistry --output tsv`,
    find: async () => (await workspace.resource()).containerRegistry ?? undefined,
  };
}
