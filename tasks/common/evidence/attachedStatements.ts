import type { Referrer, RegistryContents } from '../azure/registry/containerRegistryContents';
import { isAzureFailure } from '../azure/http/azureFailure';
import { keyAnnotation, predicateAnnotation } from './attest';
import { bundleType, readBundle } from './bundle';
import { open } from './envelope';
import { isAbout, type Statement } from './statement';
import type { KnownKey, TrustedKeys } from './trustedKeys';

/** A statement that is attached to an image, and what speaks against it. */
export interface AttachedStatement {
  /** Of the manifest that attaches it. */
  readonly digest: string;
  /** As it is signed, else as the registry lists it. */
  readonly predicateType?: string;
  /** Signed by a trusted key, and about the image. */
  readonly trusted?: { readonly statement: Statement; readonly key: KnownKey };
  /** In words that follow the digest. */
  readonly problem?: string;
}

/** More than the record of a hundred thousand metrics. */
const mostBytes = 32 * 1024 * 1024;

type Registry = Pick<RegistryContents, 'referrers' | 'manifest' | 'blob'>;

/** Reads the statements of these types that are attached to an image, and tells which of them are to be trusted. */
export async function attachedStatements(
  contents: Registry,
  image: { readonly repository: string; readonly digest: string },
  types: readonly string[],
  keys: TrustedKeys,
  signal: AbortSignal,
): Promise<AttachedStatement[]> {
  const referrers = await contents.referrers(image.repository, image.digest, bundleType, signal);
  const listed = ({ annotations }: Referrer) => annotations?.[predicateAnnotation];
  // A registry need not list annotations.
  const wanted = referrers.filter((each) => types.includes(listed(each) ?? types[0]!));
  return Promise.all(
    wanted.map(async (each): Promise<AttachedStatement> => {
      const { digest } = each;
      const predicateType = listed(each);
      const read = await readAttached(contents, image.repository, digest, signal);
      if (!read) return { digest, predicateType, problem: 'does not hold a signed statement' };
      for (const key of await keys.candidates(read.hint)) {
        const statement = open(read.envelope, key.publicKey);
        if (!statement) continue;
        const known = { digest, predicateType: statement.predicateType };
        return isAbout(statement, image.digest)
          ? { ...known, trusted: { statement, key } }
          : { ...known, problem: 'is about another image' };
      }
      return { digest, predicateType, problem: 'is not signed by a trusted key, or was changed since' };
    }),
  );
}

async function readAttached(contents: Registry, repository: string, digest: string, signal: AbortSignal) {
  try {
    const { layers = [], annotations } = await contents.manifest(repository, digest, signal);
    const [layer] = layers;
    if (layers.length !== 1 || layer?.mediaType !== bundleType || layer.size > mostBytes) return undefined;
    const envelope = readBundle(await contents.blob(repository, layer.digest, signal));
    return envelope && { envelope, hint: annotations?.[keyAnnotation] };
  } catch (error) {
    // Listed, and gone: a statement that is not there.
    if (isAzureFailure(error, 404)) return undefined;
    throw error;
  }
}
