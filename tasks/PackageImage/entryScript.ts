/**
 * Reads a scoring script's source and finds whether Azure ML's inference server could call it: it wants init() and
 * run(data), the latter without *args and **kwargs. Only the top level counts; code under a top-level if or try counts
 * too. A script that imports everything from somewhere (`from x import *`) cannot be judged and is let through.
 * Source of the rules: azureml-inference-server-http, user_script.py.
 * @returns what is wrong, each to follow the script's name
 */
export function findEntryScriptProblems(source: string): string[] {
  const lines = withoutStringsAndComments(source).split('\n');
  const top = topLevel(lines);
  if (top.some((line) => /^\s*from\s+\S+\s+import\s+\*/.test(line))) return [];
  const problems: string[] = [];
  for (const name of ['init', 'run']) {
    if (!top.some((line) => defines(line, name)))
      problems.push(`has no function ${name}() at its top level. ${purpose[name]}`);
  }
  const signature = /^[ \t]*(?:async\s+)?def\s+run\s*\(([^)]*)\)/m.exec(top.join('\n'))?.[1];
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

function defines(line: string, name: string): boolean {
  return (
    new RegExp(`^\\s*(?:async\\s+)?def\\s+${name}\\b`).test(line) ||
    new RegExp(`^\\s*${name}\\s*(?::[^=]*)?=[^=]`).test(line) ||
    new RegExp(`^\\s*from\\s+\\S+\\s+import\\s.*\\b${name}\\b`).test(line)
  );
}

/** The lines outside of functions and classes; lines of an open bracket belong to the line that opened it. */
function topLevel(lines: readonly string[]): string[] {
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
  return kept;
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
