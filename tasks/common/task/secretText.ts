import { canBeHidden } from '../hiddenText';

/**
 * The parts of a secret text that are to be registered: the agent masks line by line, and takes no secret of more than one line.
 * Source: azure-pipelines-agent, Worker.cs; azure-pipelines-extensions PR 1423.
 */
export function secretLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim());
  return [...new Set(lines)].filter(canBeHidden);
}

export interface SecretValue {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly name: string;
  readonly value: string;
}

/** @returns problems that repeat nothing of the text, as any part of it may be the secret */
export function parseSecretValues(text: string): { values: SecretValue[]; problems: string[] } {
  const values: SecretValue[] = [];
  const problems: string[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    const content = lines[index]!.trim();
    if (content === '' || content.startsWith('#')) continue;
    const at = content.indexOf('=');
    const name = content.slice(0, Math.max(0, at)).trim();
    let value = content.slice(at + 1).trim();
    if (value.startsWith('"')) {
      const end = endOfQuotes(lines, index, value);
      if (end === undefined) {
        problems.push(`the value that begins with a quote in line ${line} has no quote at the end of a line.`);
        return { values, problems };
      }
      const rest = lines.slice(index + 1, end + 1).map((each) => each.replace(/\s+$/, ''));
      value = [value, ...rest].join('\n').slice(1, -1);
      index = end;
    }
    // The padding of base64 looks like a name with nothing, or another = , behind it.
    if (name === '' || /^=*$/.test(value))
      problems.push(`line ${line} is not of the form name=value. ${withLineBreaks}`);
    else if (/^-----BEGIN /.test(value) && !value.includes('\n'))
      problems.push(`line ${line} has only the first line of a key. ${withLineBreaks}`);
    else values.push({ line, name, value });
  }
  return { values, problems };
}

const withLineBreaks = 'Write a value with line breaks between double quotes: name="$(secretVariable)".';

/** The line at whose end the quotes are closed that are opened in this one. */
function endOfQuotes(lines: readonly string[], start: number, value: string): number | undefined {
  if (value.length > 1 && value.endsWith('"')) return start;
  for (let index = start + 1; index < lines.length; index++) if (/"\s*$/.test(lines[index]!)) return index;
  return undefined;
}
