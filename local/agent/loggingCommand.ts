/** `##vso[area.event key=value;key=value]data`, as a task prints it. */
export interface LoggingCommand {
  area: string;
  event: string;
  /** Keys in lower case: the agent compares them without case. */
  properties: Record<string, string>;
  data: string;
}

const prefix = '##vso[';

/** Order matters: percents are escaped first and unescaped last. Source: the agent's CommandStringConvertor. */
const escapes: ReadonlyArray<readonly [token: string, replacement: string]> = [
  [';', '%3B'],
  ['\r', '%0D'],
  ['\n', '%0A'],
  [']', '%5D'],
];

export function unescapeCommandText(text: string, unescapePercents = true): string {
  const plain = escapes.reduce((result, [token, replacement]) => result.replaceAll(replacement, token), text);
  return unescapePercents ? plain.replaceAll('%AZP25', '%') : plain;
}

export function escapeCommandText(text: string): string {
  const start = text.replaceAll('%', '%AZP25');
  return escapes.reduce((result, [token, replacement]) => result.replaceAll(token, replacement), start);
}

/**
 * Reads a logging command by the agent's rules (Command.TryParse): it may stand anywhere in the line, and its head ends
 * at the first `]`. Undefined when there is none or when it is malformed.
 */
export function parseLoggingCommand(line: string, unescapePercents = true): LoggingCommand | undefined {
  const start = line.indexOf(prefix);
  if (start < 0) return undefined;
  const end = line.indexOf(']', start);
  if (end < 0) return undefined;
  const head = line.slice(start + prefix.length, end);
  const space = head.indexOf(' ');
  const name = space < 0 ? head : head.slice(0, space);
  const [area, event, ...rest] = name.split('.').filter((part) => part !== '');
  if (!area || !event || rest.length > 0) return undefined;

  const properties: Record<string, string> = {};
  if (space > 0) {
    for (const pair of head.slice(space + 1).split(';')) {
      // As .NET splits in two without empty parts: `=x` and `x=` are not properties, `x==y` is `x=y`.
      const [, key, value] = /^=*([^=]+)=+([^=].*)$/s.exec(pair) ?? [];
      if (key && value) properties[key.toLowerCase()] = unescapeCommandText(value, unescapePercents);
    }
  }
  return { area, event, properties, data: unescapeCommandText(line.slice(end + 1), unescapePercents) };
}

/** The agent warns about a line that says `##vso` and is not a command. */
export function looksLikeCommand(line: string): boolean {
  return line.includes('##vso');
}
