/**
 * Draws the rooms of the code and who imports whom into docs/architecture.md, from the imports themselves.
 *
 *   npm run docs
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { root } from './taskManifest';

export const architectureFile = join(root, 'docs', 'architecture.md');
const [begin, end] = ['<!-- Drawn from the imports by `npm run docs`. -->', '<!-- End of the drawing. -->'];

/** The rooms, the most particular first; a file belongs to the first whose folder it lies in. */
const rooms = [
  'tasks/common/task',
  'tasks/common/azure',
  'tasks/common/record',
  'tasks/common/modelCard',
  'tasks/common/deployment',
  'tasks/common/charts',
  'tasks/common',
  'tasks/Train',
  'tasks/Evaluate',
  'tasks/PackageImage',
  'tasks/DeployACI',
  'tasks/TestEndpoint',
  'views/tab',
  'views',
  'local/azure',
  'local/agent',
  'local',
] as const;
type Room = (typeof rooms)[number];

const roomOf = (file: string): Room | undefined => rooms.find((room) => file.startsWith(`${room}/`));
const imported = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)'(\.{1,2}\/[^']+)'/g;

/** Each file of the rooms with the files that it imports, types included. */
function imports(folder: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const top of ['tasks', 'views', 'local']) {
    for (const entry of readdirSync(join(folder, top), { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.ts')) continue;
      const file = `${top}/${entry.split(sep).join('/')}`;
      const paths = [...readFileSync(join(folder, file), 'utf8').matchAll(imported)].map(([, path]) => path!);
      found.set(
        file,
        paths.map((path) => posix.join(posix.dirname(file), path)),
      );
    }
  }
  return found;
}

/** Who imports whom, as `from → to`, each once; imports within a room are left out. */
export function arrows(folder = root): Array<[from: Room, to: Room]> {
  const found = new Set<string>();
  for (const [file, paths] of imports(folder)) {
    const from = roomOf(file);
    for (const to of paths.map(roomOf)) if (from && to && from !== to) found.add(`${from} ${to}`);
  }
  return [...found].sort().map((arrow) => arrow.split(' ') as [Room, Room]);
}

/** The files that import themselves by way of others, types included: none where every arrow points one way. */
export function filesInCircles(folder = root): string[] {
  const all = imports(folder);
  const next = (file: string): string[] => (all.get(file) ?? []).flatMap((path) => [`${path}.ts`, `${path}/index.ts`]);
  const meetsItself = (file: string): boolean => {
    const reached = new Set(next(file));
    // A set is walked through to its end, also over what joins it on the way.
    for (const each of reached) for (const further of next(each)) reached.add(further);
    return reached.has(file);
  };
  return [...all.keys()].filter(meetsItself);
}

const node = (room: string): string => room.replaceAll('/', '_');

/** The drawing, as Mermaid: the tasks, what they share, and what stands beside them. */
export function drawing(folder = root): string {
  const group = (title: string, members: Room[]): string[] => [
    `  subgraph ${title.replaceAll(' ', '_')}["${title}"]`,
    ...members.map((room) => `    ${node(room)}["${room}"]`),
    '  end',
  ];
  const isTask = (room: Room): boolean => /^tasks\/[A-Z]/.test(room);
  const isCommon = (room: Room): boolean => room.startsWith('tasks/common');
  // Every task uses most of the common rooms: one arrow says it.
  const lines = arrows(folder).map(
    ([from, to]) => `${isTask(from) && isCommon(to) ? 'the_tasks' : node(from)} --> ${node(to)}`,
  );
  return [
    'flowchart TD',
    ...group('the tasks', rooms.filter(isTask)),
    ...group('what they share', rooms.filter(isCommon)),
    ...group('what a run shows', ['views', 'views/tab']),
    ...group('one machine', ['local', 'local/agent', 'local/azure']),
    ...[...new Set(lines)].sort().map((line) => `  ${line}`),
  ].join('\n');
}

/** The page with the drawing of today. */
export function withDrawing(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error('docs/architecture.md has lost the marks between which the drawing stands.');
  return `${page.slice(0, from)}${begin}\n\n\`\`\`mermaid\n${drawing()}\n\`\`\`\n\n${page.slice(to)}`;
}
