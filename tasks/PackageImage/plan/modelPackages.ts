import * as fs from 'node:fs';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ModelFile } from '../../common/azure/ml/modelFiles';

/**
 * Fetches the files of a model that its list of packages names, such as wheels that MLflow's add_libraries_to_model put there, or
 * a file of constraints: what is installed is read from this machine.
 * @param folder of the model's description, by which such names are meant
 * @param text the list, or the specification that holds it
 * @param directory an empty one
 */
export async function fetchNamedFiles(
  files: readonly ModelFile[],
  folder: string,
  text: string,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const named = files.filter((file) => file.path.startsWith(folder) && names(text, file.path.slice(folder.length)));
  for (const file of named) {
    const target = path.resolve(directory, file.path.slice(folder.length));
    // Names of a model's files come from storage, where a name may hold "..".
    if (!target.startsWith(path.join(directory, path.sep))) continue;
    fs.mkdirSync(path.dirname(target), { recursive: true });
    const { stream } = await file.open(signal);
    await pipeline(stream, fs.createWriteStream(target), { signal });
  }
}

function names(text: string, file: string): boolean {
  const literal = file.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?:^|[\\s'"=,[]|\\./|file:)${literal}(?=$|[\\s'",;#[\\]])`, 'm').test(text);
}
