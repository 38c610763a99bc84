/** The tags of a run whose name ends in `sha256` and speaks of data, e.g. `data.sha256`: a hash tells more than a path. */
export function dataHashes(tags: Readonly<Record<string, string>>): Record<string, string> {
  const isHash = (name: string) => /^(.*[._-])?data([._-].*)?[._-]sha256$/i.test(name);
  return Object.fromEntries(Object.entries(tags).filter(([name]) => isHash(name)));
}
