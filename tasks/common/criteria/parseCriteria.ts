import type { Criterion, Limit, Operator, SliceTerm } from './criterion';
import type { Disparity } from './disparity';

/** A mistake in the criteria; line and column count from 1. */
export interface CriteriaProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/**
 * Reads criteria, one a line:
 *
 *     ( metric [ slice ] | "max difference of" metric "over" column | "min ratio of" metric "over" column ) operator limit [ confidence ]
 *     slice: "[" key "=" value { "," key "=" value } "]"
 *     confidence: "with" number "%" "confidence" [ "over" number "looks" ]
 *     operator: < <= > >= ==        limit: number | champion | champion + number | champion - number | champion * number
 *
 * A metric's name is bare (letters, digits, `_ . / : -`) or in double quotes. `#` starts a comment, blank lines are
 * passed over. Reading goes on after a mistake, so that all lines' mistakes are found at once.
 */
export function parseCriteria(text: string): { criteria: Criterion[]; problems: CriteriaProblem[] } {
  const criteria: Criterion[] = [];
  const problems: CriteriaProblem[] = [];
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    try {
      const criterion = new LineParser(line, index + 1).parse();
      if (criterion) criteria.push(criterion);
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      problems.push({ line: index + 1, column: error.column, message: error.message });
    }
  });
  return { criteria, problems };
}

class Mistake extends Error {
  constructor(
    readonly column: number,
    message: string,
  ) {
    super(message);
  }
}

type TokenKind = 'name' | 'text' | 'number' | 'operator' | 'sign' | 'end';

interface Token {
  readonly kind: TokenKind;
  /** What it means: a quoted text without its quotes. */
  readonly value: string;
  /** What stands in the line. */
  readonly raw: string;
  readonly column: number;
}

const patterns: ReadonlyArray<[TokenKind, RegExp]> = [
  ['text', /"(?:[^"\\]|\\.)*"/y],
  ['number', /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w])/y],
  ['name', /[\p{L}_][\p{L}\p{N}_]*(?:[./:-][\p{L}\p{N}_]+)*/uy],
  ['operator', /<=|>=|==|<|>/y],
  ['sign', /[[\]=,%*+-]/y],
];

/** Between the brackets of a slice a word may begin like a number: 18-25, 2024-01. */
const slicePatterns: typeof patterns = [
  ['text', /"(?:[^"\\]|\\.)*"/y],
  ['name', /[\p{L}\p{N}_.:/+-]+/uy],
  ['sign', /[[\]=,]/y],
];

/** Each look's; beyond it takes more resamples than there is time for. */
const mostConfidence = 0.9999;

const numberToken = 'a number such as 0.95';

class LineParser {
  private readonly tokens: Token[];
  private readonly end: number;
  private next = 0;

  constructor(
    private readonly source: string,
    private readonly line: number,
  ) {
    const { tokens, end } = tokenize(source);
    this.tokens = tokens;
    this.end = end;
  }

  parse(): Criterion | undefined {
    if (this.tokens.length === 0) return undefined;
    const disparityOf = this.disparityKind();
    const metric = this.metric();
    const slice = disparityOf ? [] : this.slice();
    const disparity = disparityOf && { kind: disparityOf, over: this.overColumn(metric) };
    const operator = this.operator();
    const limit = this.limit();
    const sure = this.peek();
    const sureness = this.confidence(operator);
    if (disparity && sureness.confidence !== undefined) this.requireBound(disparity, operator, limit, sure);
    if (this.peek().kind !== 'end') {
      this.fail(`"${this.peek().raw}" is not expected here; the criterion should end before it.`);
    }
    const text = this.source.slice(0, this.end).trim();
    return {
      text,
      line: this.line,
      metric,
      slice,
      ...(disparity ? { disparity } : {}),
      operator,
      limit,
      ...sureness,
    };
  }

  /** The words before a metric that make a disparity of it; a metric may be called max or min all the same. */
  private disparityKind(): Disparity['kind'] | undefined {
    const [extreme, kind] = [this.peek(), this.tokens[this.next + 1]];
    if (!/^(max|min)$/.test(extreme.value) || kind?.kind !== 'name') return undefined;
    const isKnown = kind.value === 'difference' || kind.value === 'ratio';
    if (!isKnown) this.fail(`after "${extreme.raw}" comes difference or ratio, as in max difference of recall over region.`, kind); // prettier-ignore
    if ((extreme.value === 'max') !== (kind.value === 'difference')) {
      this.fail('write max difference or min ratio: those are what a limit can hold.', extreme);
    }
    this.next += 2;
    const word = this.peek();
    if (word.value !== 'of') this.fail(`after "${kind.raw}" comes the word of${this.insteadOf(word)}.`);
    this.take();
    return kind.value;
  }

  private overColumn(metric: string): string {
    const word = this.peek();
    if (word.value !== 'over') this.fail(`after "${metric}" comes the word over and a column, as in over region${this.insteadOf(word)}.`); // prettier-ignore
    this.take();
    return this.sliceWord('a column, as in over region');
  }

  /** That some two groups surely differ is another claim than that no two do. */
  private requireBound({ kind }: Disparity, operator: Operator, limit: Limit, at: Token): void {
    const [bounds, example] = kind === 'ratio' ? ['>= or >', '>= 0.8'] : ['<= or <', '<= 0.05'];
    if (bounds.split(' or ').includes(operator) && limit.kind === 'number') return;
    this.fail(`confidence in a ${kind} between groups takes ${bounds} and a number, as in ${example}.`, at);
  }

  private metric(): string {
    const token = this.peek();
    if (token.kind === 'text' && token.raw.startsWith('"') && token.value !== '') return this.take().value;
    if (token.kind !== 'name') this.fail(`a criterion starts with a metric's name${this.insteadOf(token)}.`);
    if (token.value === 'champion') {
      this.fail('the metric comes first and the champion after the operator, e.g. rmse <= champion * 0.98.');
    }
    return this.take().value;
  }

  private slice(): SliceTerm[] {
    const terms: SliceTerm[] = [];
    if (!this.takeIf('[')) return terms;
    do {
      const key = this.sliceWord('a column, as in [region=eu]');
      if (!this.takeIf('=')) this.fail(`after "${key}" comes "=" and a value, as in [region=eu].`);
      const value = this.sliceWord('a value, as in [region=eu]');
      if (terms.some((term) => term.key === key)) this.fail(`the slice names "${key}" twice.`);
      terms.push({ key, value });
    } while (this.takeIf(','));
    if (!this.takeIf(']')) this.fail(`the slice is not closed: "]" is missing${this.insteadOf(this.peek())}.`);
    return terms;
  }

  private sliceWord(wanted: string): string {
    const token = this.peek();
    if ((token.kind !== 'name' && token.kind !== 'text') || token.value === '') {
      this.fail(`here should stand ${wanted}${this.insteadOf(token)}.`);
    }
    return this.take().value;
  }

  private operator(): Operator {
    const token = this.peek();
    if (token.kind === 'operator') return this.take().value as Operator;
    if (token.raw === '=') this.fail('"=" is not an operator; write == for equality, <= or >= for a limit.');
    return this.fail(`after the metric comes one of < <= > >= ==${this.insteadOf(token)}.`);
  }

  private limit(): Limit {
    const first = this.peek();
    if (first.kind === 'name' && first.value === 'champion') {
      this.take();
      const sign = this.peek();
      if (this.takeIf('*')) {
        const at = this.peek();
        const factor = this.number();
        if (!(factor > 0)) this.fail('a factor must be above zero; for a margin write champion + x.', at);
        return { kind: 'champion', factor, offset: 0 };
      }
      if (this.takeIf('+') || this.takeIf('-')) {
        const amount = this.number();
        return { kind: 'champion', factor: 1, offset: sign.value === '-' ? 0 - amount : amount };
      }
      return { kind: 'champion', factor: 1, offset: 0 };
    }
    const negative = this.takeIf('-');
    if (!negative) this.takeIf('+');
    if (this.peek().kind !== 'number') {
      const token = this.peek();
      if (token.kind === 'name' && /^(nan|inf|infinity)$/i.test(token.value)) {
        this.fail(`${token.value} is not a limit: every comparison with it is refused.`);
      }
      this.fail(`after the operator comes a number or "champion"${this.insteadOf(token)}.`);
    }
    const value = this.number();
    const after = this.peek();
    if (after.value === '*') {
      this.fail('write the champion first: champion * 0.98.');
    }
    return { kind: 'number', value: negative ? 0 - value : value };
  }

  private number(): number {
    const token = this.peek();
    if (token.kind !== 'number') this.fail(`here should stand ${numberToken}${this.insteadOf(token)}.`);
    const value = Number(token.value);
    if (!Number.isFinite(value)) this.fail(`${token.raw} is too large.`);
    this.take();
    if (this.peek().raw === ',') this.fail('decimals are written with a point, e.g. 0.95.');
    return value;
  }

  private confidence(operator: Operator): Pick<Criterion, 'confidence' | 'looks'> {
    const start = this.peek();
    if (start.kind !== 'name' || start.value !== 'with') return {};
    this.take();
    const at = this.peek();
    const percent = this.number();
    if (!this.takeIf('%'))
      this.fail(`after ${at.raw} comes "%", as in with 95% confidence${this.insteadOf(this.peek())}.`);
    const word = this.peek();
    if (word.value !== 'confidence') this.fail(`after "%" comes the word confidence${this.insteadOf(word)}.`);
    this.take();
    if (percent < 50 || percent > 99.9) this.fail('a confidence lies between 50% and 99.9%.', at);
    if (operator === '==') this.fail('equality cannot be had with a confidence; use < <= > or >=.', start);
    return this.overLooks(percent / 100);
  }

  /** The same rows looked at N times: each look takes its share of what may go wrong (Bonferroni). */
  private overLooks(confidence: number): Pick<Criterion, 'confidence' | 'looks'> {
    const start = this.peek();
    if (start.value !== 'over') return { confidence };
    this.take();
    const at = this.peek();
    const looks = this.number();
    if (!Number.isInteger(looks) || looks < 1) this.fail('looks are counted in whole numbers from 1 on.', at);
    const word = this.peek();
    if (word.value !== 'looks') this.fail(`after "over ${at.raw}" comes the word looks${this.insteadOf(word)}.`);
    this.take();
    const each = Number((1 - (1 - confidence) / looks).toPrecision(15));
    if (each > mostConfidence) {
      this.fail('each look would need more than 99.99% confidence; take fewer looks or less confidence.', start);
    }
    return { confidence: each, looks };
  }

  private peek(): Token {
    return this.tokens[this.next] ?? { kind: 'end', value: '', raw: '', column: this.end + 1 };
  }

  private take(): Token {
    const token = this.peek();
    this.next++;
    return token;
  }

  private takeIf(sign: string): boolean {
    if (this.peek().kind !== 'sign' || this.peek().value !== sign) return false;
    this.next++;
    return true;
  }

  private insteadOf(token: Token): string {
    return token.kind === 'end' ? ', but the line ends' : `, not "${token.raw}"`;
  }

  private fail(message: string, token = this.peek()): never {
    throw new Mistake(token.column, message);
  }
}

/** @returns the tokens, and where the last one ends (comments and white space after it left out) */
function tokenize(source: string): { tokens: Token[]; end: number } {
  const tokens: Token[] = [];
  let at = 0;
  let end = 0;
  let inSlice = false;
  while (at < source.length) {
    const character = source[at]!;
    if (character === '#') break;
    if (/\s/.test(character)) {
      at++;
      continue;
    }
    const token = readToken(source, at, inSlice ? slicePatterns : patterns);
    tokens.push(token);
    if (token.kind === 'sign' && (token.raw === '[' || token.raw === ']')) inSlice = token.raw === '[';
    at += token.raw.length;
    end = at;
  }
  return { tokens, end };
}

function readToken(source: string, at: number, kinds: typeof patterns): Token {
  for (const [kind, pattern] of kinds) {
    pattern.lastIndex = at;
    const raw = pattern.exec(source)?.[0];
    if (raw === undefined) continue;
    const value = raw.startsWith('"') ? raw.slice(1, -1).replace(/\\(.)/g, '$1') : raw;
    return { kind, value, raw, column: at + 1 };
  }
  if (source[at] === '"') throw new Mistake(at + 1, 'the quoted name is not closed: a second " is missing.');
  const hint: Record<string, string> = {
    '≤': ' Write <=.',
    '≥': ' Write >=.',
    '!': ' "Not equal" is not a criterion.',
    $: ' Is it a variable that the pipeline does not set?',
  };
  throw new Mistake(at + 1, `"${source[at]}" has no meaning in a criterion.${hint[source[at]!] ?? ''}`);
}
