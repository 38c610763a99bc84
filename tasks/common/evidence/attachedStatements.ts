import { TooLargeBlob, type Referrer, type RegistryContents } from '../azure/registry/containerRegistryContents';
import { isAzureFailure } from '../azure/http/azureFailure';
import { createdAnnotation, keyAnnotation, predicateAnnotation } from './attest';
import { bundleType, readBundle } from './bundle';
import { open, type Envelope } from './envelope';
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

const mebibyte = 1024 * 1024;
/** More than the record of a hundred thousand metrics. */
const mostBytes = 32 * mebibyte;
/** Whoever may write to a registry may attach as much as they like: no more than this is read, in all. */
const mostBytesInAll = 2 * mostBytes;

type Registry = Pick<RegistryContents, 'referrers' | 'manifest' | 'blob'>;

/** What is attached to an image, of which nothing is to be trusted before it is read. */
export class AttachedStatements {
  private bytesLeft = mostBytesInAll;

  constructor(
    private readonly contents: Registry,
    private readonly image: { readonly repository: string; readonly digest: string },
    private readonly keys: TrustedKeys,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * The statements that may be of these types, in the order in which they are worth reading.
   * @param expected the digests of those that a record names
   */
  async list(types: readonly string[], expected: ReadonlySet<string>): Promise<readonly Referrer[]> {
    const { repository, digest } = this.image;
    const all = await this.contents.referrers(repository, digest, bundleType, this.signal);
    // A registry need not list annotations.
    const wanted = all.filter((each) => types.includes(listedType(each) ?? types[0]!));
    const created = ({ annotations }: Referrer) => annotations?.[createdAnnotation] ?? '';
    const rank = (each: Referrer) => (expected.has(each.digest) ? 0 : 1);
    return wanted.sort((a, b) => rank(a) - rank(b) || (created(a) < created(b) ? 1 : created(a) > created(b) ? -1 : 0));
  }

  /** Reads one, and tells whether it is to be trusted. */
  async read(listed: Referrer): Promise<AttachedStatement> {
    const { digest } = listed;
    const predicateType = listedType(listed);
    const read = await this.readEnvelope(digest);
    if (typeof read === 'string') return { digest, predicateType, problem: read };
    const { keys, problem } = await this.keys.candidates(read.hint);
    for (const key of keys) {
      const statement = open(read.envelope, key.publicKey);
      if (!statement) continue;
      const known = { digest, predicateType: statement.predicateType };
      return isAbout(statement, this.image.digest)
        ? { ...known, trusted: { statement, key } }
        : { ...known, problem: 'is about another image' };
    }
    return { digest, predicateType, problem: problem ?? 'is not signed by a trusted key, or was changed since' };
  }

  /** @returns what is wrong with it, where it is not one */
  private async readEnvelope(digest: string): Promise<{ envelope: Envelope; hint?: string } | string> {
    const { contents, signal } = this;
    const { repository } = this.image;
    const none = 'does not contain a signed statement';
    try {
      const { layers = [], annotations } = await contents.manifest(repository, digest, signal);
      const [layer] = layers;
      if (layers.length !== 1 || layer?.mediaType !== bundleType || !(layer.size >= 0)) return none;
      if (layer.size > mostBytes) return `is larger than ${mostBytes / mebibyte} MiB`;
      if (layer.size > this.bytesLeft) {
        return `was not read: those before it have ${mostBytesInAll / mebibyte} MiB, together with it`;
      }
      this.bytesLeft -= layer.size;
      const envelope = readBundle(await contents.blob(repository, layer.digest, signal, layer.size));
      return envelope ? { envelope, hint: annotations?.[keyAnnotation] } : none;
    } catch (error) {
      // Listed, and gone: a statement that is not there.
      if (isAzureFailure(error, 404)) return none;
      if (error instanceof TooLargeBlob) return 'is larger than its manifest says';
      throw error;
    }
  }
}

const listedType = ({ annotations }: Referrer): string | undefined => annotations?.[predicateAnnotation];
