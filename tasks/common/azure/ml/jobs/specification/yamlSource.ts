import * as path from 'node:path';
import {
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Pair,
  type ScalarTag,
} from 'yaml';
import { TaskFailure } from '../../../../taskFailure';
import { readTextFile } from '../../../../textFile';
import { messageOf } from '../../../../messageOf';

/** Where a value stands in a document: keys and indices from its root. */
export type YamlPath = ReadonlyArray<string | number>;

/** az ml reads YAML 1.1, in which these are truth values too; the single letters y and n are not, in its parser (PyYAML). */
const switchWord: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => /^(?:yes|on)$/i.test(text),
};

/**
 * A YAML file that remembers where everything stands, so that a problem can name line and key. Problems are gathered,
 * so that the user sees all of them at once.
 */
export class YamlSource {
  readonly value: unknown;
  private readonly lines = new LineCounter();
  private readonly document: Document;
  private readonly problems: string[] = [];

  /**
   * @param file absolute path
   * @throws TaskFailure if it cannot be read or is not YAML
   */
  constructor(readonly file: string) {
    let text: string;
    try {
      text = readTextFile(file);
    } catch (error) {
      if (error instanceof TaskFailure) throw error;
      const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
      throw new TaskFailure(`The file ${file} ${why}.`, 'Check the path.', { cause: error });
    }
    this.document = parseDocument(text, {
      lineCounter: this.lines,
      merge: true,
      prettyErrors: false,
      customTags: (tags) => [...tags, switchWord],
    });
    const [error] = this.document.errors;
    if (error) {
      const { line, col } = this.lines.linePos(error.pos[0]);
      throw new TaskFailure(`${file}, line ${line}, column ${col}: this is not valid YAML: ${error.message}.`);
    }
    keepTextsAsWritten(this.document);
    try {
      this.value = this.document.toJS({ maxAliasCount: 1000 });
    } catch (failure) {
      throw new TaskFailure(`${file}: ${messageOf(failure)}.`, undefined, { cause: failure });
    }
  }

  /** The folder that relative paths in the file start from. */
  get directory(): string {
    return path.dirname(this.file);
  }

  /** A scalar as it was written, so that 1.0 stays 1.0; undefined for what is not a scalar. */
  writtenAs(at: YamlPath): string | undefined {
    const node = this.document.getIn(at, true);
    return isScalar(node) ? node.source : undefined;
  }

  /** Notes that what stands there is wrong; `problem` follows "key: ". */
  problem(at: YamlPath, problem: string): void {
    this.problems.push(`${this.place(at)}: ${problem}`);
  }

  /** "job.yml, line 12, limits.timeout" */
  place(at: YamlPath): string {
    const line = this.line(at);
    return `${path.basename(this.file)}${line ? `, line ${line}` : ''}${at.length > 0 ? `, ${at.join('.')}` : ''}`;
  }

  /** @throws TaskFailure with every problem noted so far, one a line */
  finish(): void {
    if (this.problems.length === 0) return;
    if (this.problems.length === 1) throw new TaskFailure(this.problems[0]!);
    throw new TaskFailure(
      `${this.file} has ${this.problems.length} problems:\n${this.problems.map((each) => `  - ${each}`).join('\n')}`,
    );
  }

  /** The line of the key, or of the nearest one above it that is there, counted from 1. */
  private line(at: YamlPath): number | undefined {
    for (let depth = at.length; depth > 0; depth--) {
      const parent = this.document.getIn(at.slice(0, depth - 1), true);
      const last = at[depth - 1];
      const key = isMap(parent)
        ? parent.items.find(({ key: each }) => isScalar(each) && String(each.value) === String(last))?.key
        : undefined;
      const node = (key ?? this.document.getIn(at.slice(0, depth), true)) as { range?: number[] } | undefined;
      if (node?.range) return this.lines.linePos(node.range[0]!).line;
    }
    return undefined;
  }
}

/** Mappings of names to texts, and those in which such a word is a name that the user chose. */
const texts = new Set(['environment_variables', 'tags']);
const named = new Set(['inputs', 'outputs', 'search_space', 'jobs']);

/** az ml sends variables and tags as they were written: 1.0, 1e-3 and true are texts there, in an anchor too. */
function keepTextsAsWritten(document: Document): void {
  visit(document, {
    Pair(_, { key, value }, ancestors) {
      if (!isMap(value) || !isScalar(key) || !texts.has(String(key.value))) return;
      const above = ancestors.findLast((each): each is Pair => isPair(each));
      if (above && isScalar(above.key) && named.has(String(above.key.value))) return;
      for (const { value: text } of value.items) {
        if (isScalar(text) && text.source !== undefined && text.value !== null) text.value = text.source;
      }
    },
  });
}
