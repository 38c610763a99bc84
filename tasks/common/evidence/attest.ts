import type { RegistryContents } from '../azure/registry/containerRegistryContents';
import type { Attestations } from '../record/record';
import { bundleOf, bundleType } from './bundle';
import { seal } from './envelope';
import type { Signer } from './signer';
import type { Statement } from './statement';

/** What cosign calls these; registries list them beside the statement, so that a reader knows which ones to fetch. */
export const predicateAnnotation = 'dev.sigstore.bundle.predicateType';
/** The version of the key in its vault: a hint at where its public half is. */
export const keyAnnotation = 'mlops.key';
/** Source: OCI image specification 1.1, "Pre-Defined Annotation Keys". */
export const createdAnnotation = 'org.opencontainers.image.created';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
/** Source: OCI image specification 1.1, "Guidance for an Empty Descriptor". */
const empty = Buffer.from('{}');
const emptyType = 'application/vnd.oci.empty.v1+json';

type Registry = Pick<RegistryContents, 'addBlob' | 'addReferrer' | 'manifestDescriptor'>;

/** Signs statements about an image and attaches them to it, in the form in which cosign does. */
export async function attest(
  contents: Registry,
  image: { readonly repository: string; readonly digest: string },
  statements: readonly Statement[],
  signer: Signer,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<Attestations> {
  const { repository } = image;
  const [subject, config] = await Promise.all([
    contents.manifestDescriptor(repository, image.digest, signal),
    contents.addBlob(repository, empty, signal),
  ]);
  const attach = async (statement: Statement) => {
    const bundle = bundleOf(await seal(statement, signer), signer.publicKey);
    const layer = await contents.addBlob(repository, bundle, signal);
    const manifest = {
      schemaVersion: 2 as const,
      mediaType: manifestType,
      artifactType: bundleType,
      config: { ...config, mediaType: emptyType },
      layers: [{ ...layer, mediaType: bundleType }],
      subject,
      annotations: {
        [createdAnnotation]: new Date(now).toISOString(),
        'dev.sigstore.bundle.content': 'dsse-envelope',
        [predicateAnnotation]: statement.predicateType,
        ...(signer.keyId && { [keyAnnotation]: signer.keyId }),
      },
    };
    return { predicateType: statement.predicateType, digest: await contents.addReferrer(repository, manifest, signal) };
  };
  const attached = [];
  // One after another: a registry whose list of them is a tag would lose one of two at once.
  for (const statement of statements) attached.push(await attach(statement));
  return { signer: signer.name, statements: attached };
}
