import { statSync } from 'node:fs';
import path from 'node:path';

/**
 * What a command names of the repository, such as train.py of `python train.py`. By it the code at the repository's root is known:
 * an input that names the root reaches a task as an empty one does.
 */
export function namedInCommand(command: string, root: string): string | undefined {
  const words = command.split(/[\s"'`;&|<>()=]+/);
  const modules = [...command.matchAll(/\s-m\s+([\w.]+)/g)].flatMap(([, module]) => moduleFiles(module!));
  const folder = /\s\.(\s|$)/.test(command) ? ['.'] : [];
  return [...words.filter(isPath), ...modules, ...folder].find((word) => exists(word, root));
}

/** Where Python looks for a module, as far as it is one of the repository. */
function moduleFiles(module: string): string[] {
  const file = module.replaceAll('.', '/');
  return [`${file}.py`, `${file}/__main__.py`];
}

function isPath(word: string): boolean {
  return /\w/.test(word) && /[./]/.test(word) && !path.isAbsolute(word) && !word.split('/').includes('..');
}

function exists(word: string, root: string): boolean {
  return statSync(path.join(root, word), { throwIfNoEntry: false }) !== undefined;
}
