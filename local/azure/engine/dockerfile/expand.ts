import { DockerfileError } from './parse';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Replaces variables in one word and takes its quotes off, as Docker does: $name, ${name}, and the modifiers :-, -, :+, +,
 * :? and ?. Nothing is replaced in single quotes.
 */
export function expandWord(text: string, variables: Variables, escape: string): string {
  return new Expansion(text, variables, escape).words(false).join('');
}

/** The same of a text with several words, split at spaces outside of quotes. A variable's value is not split. */
export function expandWords(text: string, variables: Variables, escape: string): string[] {
  return new Expansion(text, variables, escape).words(true);
}

/** Splits at spaces outside of quotes and leaves quotes and variables as they are. */
export function splitWords(text: string, escape: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === escape && quote !== "'" && at + 1 < text.length) {
      word += character + text[++at];
    } else if (!quote && /\s/.test(character)) {
      if (word) words.push(word);
      word = '';
    } else {
      if (quote ? character === quote : character === '"' || character === "'") quote = quote ? '' : character;
      word += character;
    }
  }
  if (word) words.push(word);
  return words;
}

/** `a=1 b="two words"` as pairs, or the old form `a the whole rest` as one. Values are expanded, names as well. */
export function expandPairs(text: string, variables: Variables, escape: string): Array<[string, string]> {
  const words = splitWords(text, escape);
  const first = words[0] ?? '';
  if (!first.includes('=')) {
    const rest = text.slice(first.length).trim();
    if (rest === '') throw new DockerfileError(`${first} must have a value`);
    return [[expandWord(first, variables, escape), expandWord(rest, variables, escape)]];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals < 1)
      throw new DockerfileError(`Syntax error - can't find = in "${word}". Must be of the form: name=value`);
    return [
      expandWord(word.slice(0, equals), variables, escape),
      expandWord(word.slice(equals + 1), variables, escape),
    ];
  });
}

class Expansion {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly variables: Variables,
    private readonly escape: string,
  ) {}

  words(split: boolean): string[] {
    const words: string[] = [];
    let word = '';
    let begun = false;
    while (this.at < this.text.length) {
      const character = this.text[this.at] as string;
      if (split && /\s/.test(character)) {
        if (begun) words.push(word);
        word = '';
        begun = false;
        this.at++;
        continue;
      }
      begun = true;
      word += this.part(character);
    }
    if (begun) words.push(word);
    return words;
  }

  private part(character: string): string {
    if (character === "'") return this.singleQuoted();
    if (character === '"') return this.doubleQuoted();
    if (character === '$') return this.variable();
    this.at++;
    if (character === this.escape && this.at < this.text.length) return this.text[this.at++] as string;
    return character;
  }

  private singleQuoted(): string {
    const end = this.text.indexOf("'", this.at + 1);
    if (end < 0) throw new DockerfileError('unexpected end of statement while looking for matching single-quote');
    const inside = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return inside;
  }

  private doubleQuoted(): string {
    let inside = '';
    this.at++;
    for (;;) {
      const character = this.text[this.at];
      if (character === undefined) {
        throw new DockerfileError('unexpected end of statement while looking for matching double-quote');
      }
      if (character === '"') {
        this.at++;
        return inside;
      }
      if (character === '$') inside += this.variable();
      else if (character === this.escape && /["$\\`]/.test(this.text[this.at + 1] ?? '')) {
        inside += this.text[this.at + 1];
        this.at += 2;
      } else {
        inside += character;
        this.at++;
      }
    }
  }

  private variable(): string {
    const rest = this.text.slice(this.at);
    const plain = /^\$([A-Za-z_]\w*|\d)/.exec(rest);
    if (plain) {
      this.at += plain[0].length;
      return this.variables[plain[1] as string] ?? '';
    }
    const braced = /^\$\{(\w+)(:?[-+?]|[^\w}]*)/.exec(rest);
    if (!braced) {
      this.at++;
      return '$';
    }
    const [head, name = '', modifier = ''] = braced;
    const word = this.untilBrace(this.at + head.length);
    this.at += head.length + word.length + 1;
    return this.substitute(name, modifier, word);
  }

  private substitute(name: string, modifier: string, word: string): string {
    const value = this.variables[name];
    const isSet = modifier.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
    const alternative = (): string => expandWord(word, this.variables, this.escape);
    switch (modifier.replace(':', '')) {
      case '':
        return value ?? '';
      case '-':
        return isSet ? (value as string) : alternative();
      case '+':
        return isSet ? alternative() : '';
      case '?':
        if (isSet) return value as string;
        throw new DockerfileError(`${name}: ${alternative() || 'not set'}`);
      default:
        throw new DockerfileError(`unsupported modifier (${modifier}) in substitution`);
    }
  }

  private untilBrace(start: number): string {
    let depth = 1;
    for (let at = start; at < this.text.length; at++) {
      if (this.text[at] === '{') depth++;
      if (this.text[at] === '}' && --depth === 0) return this.text.slice(start, at);
    }
    throw new DockerfileError('syntax error: missing }');
  }
}
