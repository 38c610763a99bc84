/** One instruction of a Dockerfile. */
export interface Instruction {
  /** In capitals. */
  keyword: string;
  /** `--from=build` as ['from', 'build'], in order. */
  flags: Array<[name: string, value: string]>;
  /** What follows the flags, joined to one line; variables not replaced. */
  text: string;
  /** The same where it is a JSON array of strings (the exec form). */
  exec?: string[];
  /** The whole instruction on one line, as Docker shows it in its steps. */
  source: string;
  /** Of its first line, from 1. */
  line: number;
}

/** A Dockerfile that cannot be built; the message is the one that Docker gives, with the line. */
export class DockerfileError extends Error {}

const keywords = new Set([
  'ADD', 'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL', 'MAINTAINER', 'ONBUILD',
  'RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR',
]); // prettier-ignore
const withFlags = new Set(['ADD', 'COPY', 'FROM', 'HEALTHCHECK', 'RUN']);
const withExecForm = new Set(['ADD', 'CMD', 'COPY', 'ENTRYPOINT', 'RUN', 'SHELL', 'VOLUME']);

/**
 * Reads a Dockerfile as the builder of ACR Tasks does, which is Docker's classic one: no here-documents. Comments and empty
 * lines between continued lines are left out. Throws a DockerfileError.
 */
export function parseDockerfile(content: string): { instructions: Instruction[]; escape: string } {
  const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  const escape = escapeCharacter(lines);
  const continued = new RegExp(`${escape === '\\' ? '\\\\' : '`'}[ \\t]*$`);
  const instructions: Instruction[] = [];
  for (let at = 0; at < lines.length; at++) {
    const start = at;
    if (isBlankOrComment(lines[at] as string)) continue;
    let text = (lines[at] as string).trimStart();
    while (continued.test(text) && at + 1 < lines.length) {
      text = text.replace(continued, '');
      do at++;
      while (at + 1 < lines.length && isBlankOrComment(lines[at] as string));
      if (isBlankOrComment(lines[at] as string)) break;
      text += lines[at];
    }
    instructions.push(readInstruction(text.replace(continued, '').trim(), start + 1));
  }
  if (!instructions.some((instruction) => instruction.keyword === 'FROM')) {
    throw new DockerfileError('the Dockerfile has no build stage: it needs a FROM instruction');
  }
  const first = instructions[0] as Instruction;
  if (first.keyword !== 'FROM' && first.keyword !== 'ARG') {
    throw new DockerfileError(`no build stage in current context (line ${first.line})`);
  }
  return { instructions, escape };
}

/** `# escape=` counts only among the parser directives at the very top. */
function escapeCharacter(lines: string[]): string {
  for (const line of lines) {
    const directive = /^\s*#\s*([a-z]+)\s*=\s*(\S+)\s*$/i.exec(line);
    if (!directive) break;
    if (directive[1]?.toLowerCase() === 'escape') return directive[2] === '`' ? '`' : '\\';
  }
  return '\\';
}

const isBlankOrComment = (line: string): boolean => /^\s*(#|$)/.test(line);

function readInstruction(text: string, line: number): Instruction {
  const [, word = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  const keyword = word.toUpperCase();
  if (!keywords.has(keyword)) throw new DockerfileError(`unknown instruction: ${keyword} (line ${line})`);
  const flags: Instruction['flags'] = [];
  let body = rest.trim();
  while (withFlags.has(keyword)) {
    const flag = /^--([a-z-]+)(?:=("[^"]*"|\S*))?(\s+|$)/.exec(body);
    if (!flag) break;
    flags.push([flag[1] as string, (flag[2] ?? '').replace(/^"(.*)"$/, '$1')]);
    body = body.slice(flag[0].length);
  }
  if (body === '' && keyword !== 'RUN' && keyword !== 'CMD' && keyword !== 'ENTRYPOINT') {
    throw new DockerfileError(`${keyword} requires at least one argument (line ${line})`);
  }
  return {
    keyword,
    flags,
    text: body,
    exec: withExecForm.has(keyword) ? readExecForm(body) : undefined,
    source: `${keyword} ${rest.trim()}`,
    line,
  };
}

function readExecForm(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return value;
  } catch {
    // Not JSON: the shell form, as Docker takes it.
  }
  return undefined;
}
