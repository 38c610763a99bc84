import { TaskFileError } from './taskFileError';

/**
 * Splits a command as the shell does by which ACR runs each step. What else a shell would do (variables, pipes, further
 * commands) is refused where it is not quoted: local Azure runs no shell for it.
 */
export function shellWords(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let rest = command; rest !== '';) {
    const [whole, space, single, double, escaped, plain] =
      /^(?:(\s+)|'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\([^])|([^\s'"\\]))/.exec(rest) ?? [];
    if (whole === undefined) throw new TaskFileError(`a quotation in the command ${command} has no end`);
    if (plain !== undefined && /[$`|&;<>()]/.test(plain))
      throw new TaskFileError(
        `local Azure runs no shell for a step's command, which has an unquoted ${plain}: ${command}`,
      );
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '');
    rest = rest.slice(whole.length);
  }
  if (word !== undefined) words.push(word);
  return words;
}
