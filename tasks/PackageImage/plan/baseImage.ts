import { isAzureFailure } from '../../common/azure/http/azureFailure';
import type { RegistrySignIn } from '../../common/azure/registry/registryAuthorization';
import { RegistryContents, registryHost } from '../../common/azure/registry/containerRegistryContents';
import type { AzureSession } from '../../common/azure/http/session';
import type { DockerRegistryConnection } from '../../common/dockerRegistryConnection';
import { parseImageName } from '../../common/imageName';
import type { TaskLog } from '../../common/log';
import { TaskFailure } from '../../common/taskFailure';

/** How long the agent waits for a registry that the builder, somewhere else, may reach all the same. */
const timeout = 8000;

/** What a registry says to an agent whose address its network rules do not let in; an agent pool may be let in all the same. */
const keptOut = /client with IP|not allowed access|network/i;

/**
 * Pins a base image to the digest that its tag has now. Where the agent cannot reach the registry the tag is used as it
 * is, and that is said: the builder may reach it.
 * @param ownRegistry login server of the registry that the image goes to; the connection's identity reads it
 * @throws TaskFailure if the registry says that there is no such image, or that one must sign in
 */
export async function pinBaseImage(
  reference: string,
  session: AzureSession,
  ownRegistry: string,
  login: DockerRegistryConnection | undefined,
  log: TaskLog,
  signal: AbortSignal,
): Promise<string> {
  const name = parseImageName(reference);
  if (!name || name.digest) return reference;
  const signIn: RegistrySignIn =
    name.registry.toLowerCase() === ownRegistry.toLowerCase()
      ? { kind: 'entra' }
      : login && login.server === name.registry
        ? { kind: 'password', userName: login.userName, password: login.password }
        : { kind: 'anonymous' };
  const contents = new RegistryContents(session, registryHost(name), signIn, timeout);
  let digest: string | undefined;
  try {
    digest = await contents.digest(name.repository, name.tag ?? 'latest', signal);
  } catch (error) {
    if (isAzureFailure(error, 401, 403) && !keptOut.test(error.serviceMessage)) {
      throw new TaskFailure(
        `Input baseImage: the registry ${name.registry} does not serve ${reference}: ${error.serviceMessage || error.message}`,
        signIn.kind === 'anonymous'
          ? 'If the image is there, name a Docker registry service connection in baseImageConnection.'
          : 'Check the credentials and what they may pull.',
        { cause: error, help: 'a-private-base-image' },
      );
    }
    if (!isAzureFailure(error)) throw error;
    log.info(
      `The base image ${reference} is not pinned to a digest, because the agent cannot ask its registry: ${error.serviceMessage || error.message}`,
    );
    return reference;
  }
  if (!digest) {
    throw new TaskFailure(`Input baseImage: the image ${reference} does not exist.`, 'Check its name and tag.');
  }
  return `${reference}@${digest}`;
}
