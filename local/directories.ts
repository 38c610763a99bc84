import path from 'node:path';

/** Where everything of this machine is kept; `.local` in the repository unless told. */
export interface LocalDirectories {
  /** Of the local Azure: what survives its restart. */
  azure: string;
  /** Python environments and image layers; may be shared. */
  cache: string;
  /** One folder a run. */
  runs: string;
  /** Of the agent; a job's folders stand in it. */
  work: string;
}

export const repository = path.join(__dirname, '..');

export function localDirectories(root = path.join(repository, '.local'), cache?: string): LocalDirectories {
  const folder = path.resolve(root);
  return {
    azure: path.join(folder, 'azure'),
    cache: path.resolve(cache ?? path.join(folder, 'cache')),
    runs: path.join(folder, 'runs'),
    work: path.join(folder, 'work'),
  };
}
