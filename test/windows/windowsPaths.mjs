// Paths of this machine as Windows sees them under Wine, where the drive Z is the root, and back.
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** What a test hands over lies in one of these; anything else that begins with a slash is a route or an id of Azure. */
const roots = [...new Set([tmpdir(), project])];

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const posixPath = new RegExp(
  `(^|[\\s="',;(])((?:${roots.map(escaped).join('|')})(?:/[^"';,\\n]*)?)(?=$|["';,\\n])`,
  'g',
);

/** A text in which every path of this machine stands as `Z:\…`. */
export function toWindows(text) {
  return text.replace(posixPath, (_, before, path) => `${before}Z:${path.replaceAll('/', '\\')}`);
}

/** The list of folders in PATH. */
export function pathListToWindows(list) {
  const folders = list.split(':').map((folder) => `Z:${folder.replaceAll('/', '\\')}`);
  return ['C:\\windows\\system32', 'C:\\windows', ...folders].join(';');
}

/** A text of Windows in which every path on the drive Z is one of this machine again; in JSON a backslash stands twice. */
export function fromWindows(text) {
  return text.replace(/\bZ:((?:\\{1,2}|\/)[^\\/:*?"<>|\r\n;\]]*)+/gi, (path) => path.slice(2).replace(/\\{1,2}/g, '/'));
}
