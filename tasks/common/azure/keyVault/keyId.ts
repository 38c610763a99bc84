/** A key in a vault, or one version of it, by the identifier that Azure shows. */
export interface KeyId {
  /** https://<vault's host>, with its port where it has one. */
  readonly vault: string;
  readonly name: string;
  /** Left out: the newest. */
  readonly version?: string;
}

/** As users are told of it. */
export const keyIdForm = 'https://<vault>.vault.azure.net/keys/<name>, with or without /<version>';

/** @returns undefined where the text is not a key's identifier: https://<vault>.vault.azure.net/keys/<name>[/<version>] */
export function parseKeyId(text: string): KeyId | undefined {
  const match = /^(https:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?)\/keys\/([a-z0-9-]{1,127})(?:\/([a-z0-9]+))?\/?$/i.exec(text.trim()); // prettier-ignore
  const [, vault, name, version] = match ?? [];
  return vault && name ? { vault: vault.toLowerCase(), name, version: version?.toLowerCase() } : undefined;
}

export const keyIdText = ({ vault, name, version }: KeyId): string =>
  [vault, 'keys', name, ...(version ? [version] : [])].join('/');

/** Whether the one is the other, or a version of it. */
export function isVersionOf(id: KeyId, { vault, name, version }: KeyId): boolean {
  const isKey = id.vault === vault && id.name.toLowerCase() === name.toLowerCase();
  return isKey && (version === undefined || id.version === version);
}
