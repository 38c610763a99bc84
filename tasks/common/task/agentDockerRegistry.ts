import * as tl from 'azure-pipelines-task-lib/task';
import type { DockerRegistryConnection } from '../dockerRegistryConnection';
import { registryName } from '../imageName';
import { TaskFailure } from '../taskFailure';
import { connectionName } from './connectionName';
import { registerSecret } from './registerSecret';
import { Secret } from '../secret';

/**
 * Reads the Docker registry service connection of this id from the agent and registers its password.
 * Source of the fields: azure-pipelines-tasks-common-packages, docker-common's registryauthenticationprovider.
 * @throws TaskFailure if the connection is not there or holds no user name and password
 */
export function readDockerRegistryConnection(id: string): DockerRegistryConnection {
  const parameter = (key: string) => tl.getEndpointAuthorizationParameter(id, key, true) || '';
  const registry = parameter('registry') || parameter('loginServer') || tl.getEndpointUrl(id, true) || '';
  const password = new Secret(parameter('password'));
  registerSecret(password);
  const userName = parameter('username');
  if (!registry || !userName || !password.reveal()) {
    throw new TaskFailure(
      `the Docker registry service connection ${connectionName(id)} has no user name and password.`,
      'Choose one of the kind "Others" or "Docker Hub". For an Azure container registry use a token or a service principal as user and password.',
    );
  }
  const server = registry.replace(/^https?:\/\//i, '').replace(/\/.*$/, '').toLowerCase(); // prettier-ignore
  return { server: registryName(server), userName, password };
}
