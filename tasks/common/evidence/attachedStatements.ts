import {
  isDigest,
  TooLargeBlob,
  type Descriptor,
  type Manifest,
  type RegistryContents,
} from '../azure/registry/containerRegistryContents';
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
  /** There was no room for it: nobody knows whether it is sound. */
  readonly isUnread?: boolean;
}

/** A statement that is to be read. */
export interface Listed {
  /** Of the manifest that attaches it. */
  readonly digest: string;
  readonly predicateType?: string;
}

interface Bundle {
  readonly layer: Descriptor;
  readonly hint?: string;
}

const mebibyte = 1024 * 1024;
/** More than the record of a hundred thousand metrics. */
const mostBytes = 32 * mebibyte;
/** Whoever may write to a registry may attach as much as they like: no more than this is read, in all. */
const mostBytesInAll = 2 * mostBytes;

/** What may still be read, in bytes that did come: what a manifest says of their number costs its writer nothing. */
export class ReadingBudget {
  left = mostBytesInAll;
}

const none = 'does not contain a signed statement';

type Registry = Pick<RegistryContents, 'referrers' | 'manifest' | 'blob'>;

/** What is attached to an image, of which nothing is to be trusted before it is read. */
export class AttachedStatements {
  constructor(
    private readonly contents: Registry,
    private readonly image: { readonly repository: string; readonly digest: string },
    private readonly keys: TrustedKeys,
    private readonly signal: AbortSignal,
  ) {}

  /** The statements that may be of these types, the newest first. */
  async list(types: readonly string[]): Promise<readonly Listed[]> {
    const { repository, digest } = this.image;
    const all = await this.contents.referrers(repository, digest, bundleType, this.signal);
    const described = all.map((each) => ({
      digest: each.digest,
      predicateType: annotation(each, predicateAnnotation),
      created: annotation(each, createdAnnotation) ?? '',
    }));
    // A registry need not list annotations.
    const wanted = described.filter(({ predicateType = types[0]! }) => types.includes(predicateType));
    return wanted.sort((a, b) => (a.created < b.created ? 1 : a.created > b.created ? -1 : 0));
  }

  /**
   * Reads some, and tells which are to be trusted. One bundle after another, so that which ones there is room for does not depend
   * on which manifest comes first.
   */
  async read(listed: readonly Listed[], budget: ReadingBudget): Promise<readonly AttachedStatement[]> {
    const bundles = await Promise.all(listed.map(({ digest }) => this.bundleIn(digest)));
    const read: AttachedStatement[] = [];
    for (const [index, each] of listed.entries()) {
      const bundle = bundles[index];
      if (bundle) read.push(await this.readOne(each, bundle, budget));
    }
    return read;
  }

  private async readOne(
    { digest, predicateType }: Listed,
    bundle: Bundle | string,
    budget: ReadingBudget,
  ): Promise<AttachedStatement> {
    const read = typeof bundle === 'string' ? { problem: bundle } : await this.readEnvelope(bundle, budget);
    if (!('envelope' in read)) return { digest, predicateType, ...read };
    const { keys, problem } = await this.keys.candidates(typeof bundle === 'string' ? undefined : bundle.hint);
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

  /** @returns what is wrong with the manifest, where it does not attach a bundle; undefined where it is not there */
  private async bundleIn(digest: string): Promise<Bundle | string | undefined> {
    let manifest: Manifest;
    try {
      manifest = await this.contents.manifest(this.image.repository, digest, this.signal);
    } catch (error) {
      // Named or listed, and gone.
      if (isAzureFailure(error, 404)) return undefined;
      throw error;
    }
    const layers: unknown = manifest.layers;
    const layer: unknown = Array.isArray(layers) && layers.length === 1 ? layers[0] : undefined;
    if (!isDescriptor(layer) || layer.mediaType !== bundleType) return none;
    if (layer.size > mostBytes) return `is larger than ${mostBytes / mebibyte} MiB`;
    return { layer, hint: annotation(manifest, keyAnnotation) };
  }

  private async readEnvelope(
    { layer: { digest, size } }: Bundle,
    budget: ReadingBudget,
  ): Promise<{ envelope: Envelope } | Pick<AttachedStatement, 'problem' | 'isUnread'>> {
    const most = Math.min(size, budget.left);
    try {
      const bytes = await this.contents.blob(this.image.repository, digest, this.signal, most);
      budget.left -= bytes.length;
      const envelope = readBundle(bytes);
      return envelope ? { envelope } : { problem: none };
    } catch (error) {
      if (isAzureFailure(error, 404)) return { problem: none };
      if (!(error instanceof TooLargeBlob)) throw error;
      budget.left -= most;
      if (most === size) return { problem: 'is larger than its manifest says' };
      return {
        problem: `was not read: those before it have ${mostBytesInAll / mebibyte} MiB, together with it`,
        isUnread: true,
      };
    }
  }
}

/** Anybody may have written it, in any form. */
function annotation({ annotations }: { readonly annotations?: unknown }, name: string): string | undefined {
  const value = (annotations as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}

function isDescriptor(value: unknown): value is Descriptor {
  const { digest, size } = (value ?? {}) as Partial<Descriptor>;
  return isDigest(digest) && Number.isSafeInteger(size) && size! >= 0;
}
