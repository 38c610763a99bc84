import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { whiteout } from './layerEntry';

export interface TreeFolder {
  kind: 'directory';
  /** By name; whiteouts stand as files of their name. */
  children: Map<string, TreeNode>;
}

export interface TreeFile {
  kind: 'file';
  /** Where it lies. */
  source: string;
  inode: number;
  mode: number;
}

export interface TreeLink {
  kind: 'symlink';
  target: string;
}

export type TreeNode = TreeFolder | TreeFile | TreeLink;

const opaque = '.wh..wh..opq';

/** Reads what stands in a folder. */
export async function readTree(root: string): Promise<TreeFolder> {
  let count = 0;
  const read = async (folder: string): Promise<TreeFolder> => {
    const children = new Map<string, TreeNode>();
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      // The server goes on answering meanwhile.
      if (++count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) children.set(entry.name, await read(path));
      else if (entry.isSymbolicLink()) children.set(entry.name, { kind: 'symlink', target: readlinkSync(path) });
      else {
        const { ino: inode, mode } = lstatSync(path);
        children.set(entry.name, { kind: 'file', source: path, inode, mode: mode & 0o777 });
      }
    }
    return { kind: 'directory', children };
  };
  return read(root);
}

/**
 * What layers are together, the lowest first, by OCI's rules for changesets.
 * Source: OCI image specification, layer.md, "Whiteouts" and "Opaque Whiteout".
 */
export function stackTrees(layers: readonly TreeFolder[]): TreeFolder {
  return layers.reduce(putOver, { kind: 'directory', children: new Map() });
}

/** Neither of the two is changed; what is in only one of them is shared with it. */
function putOver(below: TreeFolder, above: TreeFolder): TreeFolder {
  const children = new Map(above.children.has(opaque) ? [] : below.children);
  for (const name of above.children.keys()) {
    if (name.startsWith(whiteout)) children.delete(name.slice(whiteout.length));
  }
  for (const [name, node] of above.children) {
    if (name.startsWith(whiteout)) continue;
    const lower = children.get(name);
    // Over nothing all the same, for the whiteouts that it may hold.
    const folder = lower?.kind === 'directory' ? lower : { kind: 'directory' as const, children: new Map() };
    children.set(name, node.kind === 'directory' ? putOver(folder, node) : node);
  }
  return { kind: 'directory', children };
}
