import * as path from 'node:path';
import { readRequirementLines } from '../../../../python/requirementLines';
import { readTextFile } from '../../../../textFile';
import { TaskFailure } from '../../../../taskFailure';
import { messageOf } from '../../../../messageOf';

/**
 * The text of a Conda file, as it is: the service builds by it, and would tell of a mistake only when the job has waited
 * for its image.
 * @throws TaskFailure where it is not a YAML mapping
 */
export async function readCondaFile(file: string): Promise<string> {
  const text = readTextFile(file);
  const { parse, stringify } = await import('yaml');
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    // The first line, without the excerpt that follows it.
    const [message = ''] = messageOf(error).split(/:?\n/);
    throw new TaskFailure(`The Conda file ${file} is not YAML: ${message}.`, undefined, { cause: error });
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content))
    return pipLinesResolved(content, path.dirname(file)) ? stringify(content) : text;
  throw new TaskFailure(
    `The Conda file ${file} is not a mapping with channels and dependencies.`,
    'If you only have a list of packages, write it below "dependencies:".',
  );
}

/**
 * Puts what `-r` names in its place: the service has only the text.
 * @returns whether anything was changed
 * @throws TaskFailure for what lies on this machine, which no text can carry along
 */
function pipLinesResolved(content: object, directory: string): boolean {
  const { dependencies } = content as { dependencies?: unknown };
  let changed = false;
  for (const entry of Array.isArray(dependencies) ? (dependencies as unknown[]) : []) {
    const holder = entry as { pip?: unknown } | null;
    if (holder === null || typeof holder !== 'object' || !Array.isArray(holder.pip)) continue;
    const given = holder.pip.map(String);
    const lines = readRequirementLines(given, directory).map((line) => {
      if (line.kind === 'plain') return line.text;
      throw new TaskFailure(
        `The Conda file names ${line.kind === 'constraints' ? 'a file of constraints' : `"${line.text}"`} for pip, which lies on the agent: Azure Machine Learning gets only the text of the Conda file.`,
        'Pin the versions in the list itself, publish the package to an index, or build an image of your own and name it in environment.',
      );
    });
    if (JSON.stringify(lines) === JSON.stringify(given)) continue;
    holder.pip = lines;
    changed = true;
  }
  return changed;
}
