import { createHash } from 'node:crypto';
import { placeholder, repositoryUrl } from './repository';
import type { ExtensionManifest } from './validateManifest';

export const editionNames = ['preview', 'development', 'production'] as const;
/**
 * - preview: as vss-extension.json says; private, to be shared with organisations.
 * - development: beside it under an id and task ids of its own, so that a team can try its next version in the same organisation.
 * - production: public.
 */
export type EditionName = (typeof editionNames)[number];

/** What becomes of the manifest and of every file that names a task by its id. */
export interface Edition {
  manifest: ExtensionManifest;
  /** Task ids of this edition in the place of those in the sources. */
  replaceIds: (text: string) => string;
}

/** A GUID made of another: the same each time, of version 8, which RFC 9562 leaves to applications. */
export function derivedId(id: string, edition: string): string {
  const hex = createHash('sha256').update(`${edition}:${id}`).digest('hex');
  const variant = ((parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * The extension as one edition publishes it.
 * @param ids of the tasks and templates, which an organisation knows once only
 * @throws Error that says what must be set before a publication
 */
export function makeEdition(
  name: EditionName,
  source: ExtensionManifest,
  ids: string[],
  publisher = source.publisher,
): Edition {
  if (name === 'production' && repositoryUrl() === placeholder) {
    throw new Error(
      `package.json: repository is still the placeholder ${placeholder}, to which every link of the documentation would lead. ` +
        'Set "repository" to the address of your own before you publish.',
    );
  }
  const manifest = { ...structuredClone(source), publisher };
  if (name === 'production') return { manifest: { ...manifest, galleryFlags: ['Public'] }, replaceIds: (text) => text };
  if (name === 'preview') return { manifest, replaceIds: (text) => text };
  return {
    manifest: { ...manifest, id: `${source.id}-development`, name: `${source.name} (development)` },
    replaceIds: (text) => ids.reduce((result, id) => result.replaceAll(id, derivedId(id, name)), text),
  };
}
