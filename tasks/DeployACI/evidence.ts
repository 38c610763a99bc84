import { KeyVault } from '../common/azure/keyVault/keyVault';
import type { AzureSession } from '../common/azure/http/session';
import { connectedRegistry } from '../common/azure/registry/connectedRegistry';
import { RegistryContents, registryHost } from '../common/azure/registry/containerRegistryContents';
import { imageRegistry } from '../common/azure/registry/imageRegistry';
import { TrustedKeys } from '../common/evidence/trustedKeys';
import { verifyEvidence } from '../common/evidence/verifyEvidence';
import { parseImageName } from '../common/imageName';
import type { Attestations } from '../common/record/record';
import { TaskFailure } from '../common/taskFailure';
import type { TaskContext } from '../common/task/taskContext';
import type { Inputs } from './inputs';
import type { Release } from './release';

type Wanted = Pick<Inputs, 'registryAuthentication' | 'requireApproval'> & Required<Pick<Inputs, 'trustedKeys'>>;

/**
 * Makes sure that a trusted key vouches for what is to run.
 * @throws TaskFailure that says why none does, or that it cannot be found out
 */
export async function requireEvidence(
  { registryAuthentication, requireApproval, trustedKeys }: Wanted,
  { image, registry, registryId, digest, record }: Release,
  session: AzureSession,
  { clock, log, signal }: Pick<TaskContext, 'clock' | 'log' | 'signal'>,
): Promise<Attestations> {
  if (!digest) {
    throw new TaskFailure(
      `The image ${image} has no digest, and a signature is of a digest.`,
      'Write registry/repository@sha256:…, or switch requireSignature off.',
    );
  }
  const name = parseImageName(image)!;
  const contents = await contentsOf(registryAuthentication, { ...name, registryId }, session);
  const keys = new TrustedKeys(trustedKeys, new KeyVault(session, signal));
  log.info(`Verifying what is attached to ${name.repository}@${digest} in ${registry}.`);
  return verifyEvidence(
    { reference: image, repository: name.repository, digest, record, requireApproval },
    { contents, keys, now: clock.now(), signal, log },
  );
}

function contentsOf(
  by: Inputs['registryAuthentication'],
  named: { registry: string; repository: string; registryId?: string },
  session: AzureSession,
): Promise<RegistryContents> | RegistryContents {
  switch (by.kind) {
    case 'credentials':
      return connectedRegistry(named, by.connection, session);
    case 'none':
      return new RegistryContents(session, registryHost(named), { kind: 'anonymous' });
    case 'managedIdentity':
    case 'adminUser':
      return imageRegistry(named, session);
  }
}
