export interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  readonly rest: string;
  readonly line: number;
}

/** Puts values for $NAME, ${NAME}, ${NAME:-word} and ${NAME:+word}; what else there is stays as it is. */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:(\w+)|\{(\w+)(?::([-+])([^}$]*))?\})/g,
    (whole: string, plain?: string, braced?: string, operator?: string, word: string = '') => {
      const name = plain ?? braced!;
      const value = values.get(name);
      if (value === undefined) return operator === '-' ? word : operator === '+' ? '' : whole;
      if (operator === '+') return value === '' ? '' : word;
      return value === '' ? word : value;
    },
  );
}

/** A word without its quotes, wherever they stand in it. */
export function unquoted(text: string): string {
  return text.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'/g, (_, double?: string, single: string = '') => double ?? single);
}

/** Words with their quotes: A=1 B="two words" are two. */
export function words(text: string): string[] {
  return text.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
}

/** Each with its continued lines as one. Comments, also between those, and the texts of here-documents are not instructions. */
export function* instructions(dockerfile: string): Generator<Instruction> {
  const lines = dockerfile.split(/\r?\n/);
  // Only directives may stand before it: behind a comment it is a comment too.
  const escape = /^(?:#\s*\w+\s*=.*\r?\n)*#\s*escape\s*=\s*`/i.test(dockerfile) ? '`' : '\\';
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    let text = '';
    for (; at < lines.length; at++) {
      const part = lines[at]!.trimEnd();
      if (/^\s*(#|$)/.test(part)) {
        if (text === '') break;
        continue;
      }
      if (!part.endsWith(escape)) {
        text += part;
        break;
      }
      text += part.slice(0, -1);
    }
    const [, keyword, rest] = /^\s*(\w+)\s+(.*)$/.exec(text) ?? [];
    if (keyword === undefined || rest === undefined) continue;
    yield { keyword: keyword.toUpperCase(), rest, line };
    if (/^(RUN|COPY|ADD)$/i.test(keyword)) {
      for (const [, , end] of rest.matchAll(/<<-?(["']?)([A-Za-z_][\w.]*)\1/g)) {
        for (at++; at < lines.length && lines[at]!.trim() !== end; at++);
      }
    }
  }
}
