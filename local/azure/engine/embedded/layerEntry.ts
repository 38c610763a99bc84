/** One change that a layer makes. Paths are relative to the image's root, with / between their parts. */
export type LayerEntry =
  | { type: 'directory'; path: string; mode: number }
  | { type: 'file'; path: string; mode: number; size: number; source: string | Buffer }
  | { type: 'symlink'; path: string; target: string }
  | { type: 'removed'; path: string };

/**
 * Every file of a layer was last changed then (1 January 2000): the same content makes the same layer whenever it is built,
 * and a file that a process changed in place is told from one that is still as in its layer.
 */
export const layerTime = new Date(Date.UTC(2000, 0, 1));

/** OCI's sign, in place of a file, that a file of the layers below is gone. */
export const whiteout = '.wh.';

/** In the order of a layer: each directory before what is in it. */
export const byPath = (a: { path: string }, b: { path: string }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
