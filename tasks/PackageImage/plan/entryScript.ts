/**
 * Reads a scoring script's source and finds whether Azure ML's inference server could call it: it wants init() and
 * run(data), the latter without *args and **kwargs. Only the top level counts; code under a top-level if or try counts
 * too. What cannot be judged is let through, for the self-test to judge: a script that imports everything from somewhere
 * (`from x import *`) or writes to its own namespace (`globals()[name] = …`), and one with a bracket that never closes.
 * Source of the rules: azureml-inference-server-http, user_script.py.
 * @returns what is wrong, each to follow the script's name
 */
export function findEntryScriptProblems(source: string): string[] {
  const lines = withoutStringsAndComments(source).split('\n');
  const top = topLevel(lines);
  if (!top || top.some((line) => bindsUnseen.test(line))) return [];
  const problems: string[] = [];
  for (const name of ['init', 'run']) {
    if (!top.some((line) => binds(line, name)) && !lines.some((line) => makesGlobal(line, name)))
      problems.push(`has no function ${name}() at its top level. ${purpose[name]}`);
  }
  const signature = /^[ \t]*(?:async\s+)?def\s+run\s*\(([^)]*)\)/m.exec(top.join('\n'))?.[1];
  for (const name of ['init', 'run']) {
    if (new RegExp(`^[ \\t]*async\\s+def\\s+${name}\\b`, 'm').test(top.join('\n')))
      problems.push(
        `has an async ${name}(), which Azure ML's server calls and does not await. Write it as def ${name}(...).`,
      );
  }
  if (signature !== undefined) {
    if (signature.trim() === '')
      problems.push('has a run() that takes no argument. It must take the request, e.g. run(raw_data).');
    if (/(^|,)\s*\*+\s*\w/.test(signature))
      problems.push("has a run() with *args or **kwargs, which Azure ML's server refuses.");
  }
  return problems;
}

const purpose: Record<string, string> = {
  init: 'The server calls it once to load the model.',
  run: 'The server calls it for each request.',
};

/** Gives the module names that do not stand there. */
const bindsUnseen =
  /\bfrom\s+\S+\s+import\s*\(?\s*\*|\b(?:globals|locals|vars|setattr|exec)\s*\(|\bsys\.modules\s*\[\s*__name__/;

/**
 * Whether a statement may give the name a value, in whichever of Python's ways: def, an assignment (to several names,
 * by :=, with a type), import, for, with. In doubt it does.
 */
function binds(line: string, name: string): boolean {
  if (/^\s*(?:(?:async\s+)?def|class)\b/.test(line))
    return new RegExp(`^\\s*(?:async\\s+)?def\\s+${name}\\b`).test(line);
  const word = `(?<![\\w.])${name}\\b`;
  return (
    new RegExp(`${word}(?!\\s*[.(\\[])[^=;]*(?<![=!<>])=(?!=)`).test(line) ||
    new RegExp(`\\bimport\\b[^;]*${word}(?!\\s+as\\b)`).test(line) ||
    new RegExp(`\\bas\\b[^:;]*${word}`).test(line) ||
    new RegExp(`\\bfor\\b[^:;]*${word}[^:;]*\\bin\\b`).test(line)
  );
}

function makesGlobal(line: string, name: string): boolean {
  return new RegExp(`\\bglobal\\b[^;]*\\b${name}\\b`).test(line);
}

/**
 * The lines outside of functions and classes; lines of an open bracket belong to the line that opened it.
 * @returns undefined where a bracket never closes, so that nobody can say what belongs to what
 */
function topLevel(lines: readonly string[]): string[] | undefined {
  const kept: string[] = [];
  /** Indentation of the def or class that we are in; what is indented deeper belongs to it. */
  let inside: number | undefined;
  let pending = '';
  for (const line of lines) {
    pending = pending === '' ? line : `${pending} ${line.trim()}`;
    if (count(pending, /[([{]/g) > count(pending, /[)\]}]/g) || pending.endsWith('\\')) {
      pending = pending.replace(/\\$/, '');
      continue;
    }
    const whole = pending;
    pending = '';
    if (whole.trim() === '') continue;
    const indentation = /^[ \t]*/.exec(whole)![0].length;
    if (inside !== undefined && indentation > inside) continue;
    inside = /^\s*(?:async\s+)?(?:def|class)\b/.test(whole) ? indentation : undefined;
    kept.push(whole);
  }
  return pending === '' ? kept : undefined;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** Strings become '' and comments nothing, so that what they say is not taken for code; lines stay where they were. */
function withoutStringsAndComments(source: string): string {
  const token = /#[^\n]*|("""|''')[\s\S]*?(?:(?<!\\)\1|$)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;
  return source
    .replace(/\r\n?/g, '\n')
    .replace(token, (text) => (text.startsWith('#') ? '' : `''${text.replace(/[^\n]/g, '')}`));
}
