/** A build argument that the Dockerfile declares where the image's history keeps its value. */
export interface KeptArgument {
  readonly name: string;
  /** Of the Dockerfile, from 1. */
  readonly line: number;
}

interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  readonly rest: string;
  readonly line: number;
}

interface Stage {
  readonly name?: string;
  readonly base: string;
  readonly arguments: KeptArgument[];
}

/**
 * The arguments that the built image's history shows to everyone who may pull it: those of the last stage and of the
 * stages that it grows from. What another stage declares stays behind with it, and so does an ARG before the first FROM
 * that no stage declares again. Source: Docker's build check SecretsUsedInArgOrEnv.
 * @param given values of arguments that the build gets
 */
export function keptArguments(dockerfile: string, given: Readonly<Record<string, string>>): KeptArgument[] {
  const globals = new Map<string, string>();
  const stages: Stage[] = [];
  for (const { keyword, rest, line } of instructions(dockerfile)) {
    const stage = stages.at(-1);
    if (keyword === 'FROM') {
      const [base = '', as = '', name] = words(rest).filter((word) => !word.startsWith('--'));
      stages.push({
        base: expand(base, globals).toLowerCase(),
        name: as.toUpperCase() === 'AS' ? name?.toLowerCase() : undefined,
        arguments: [],
      });
    } else if (keyword === 'ARG') {
      for (const word of words(rest)) {
        const name = word.split('=', 1)[0]!;
        if (stage) stage.arguments.push({ name, line });
        else globals.set(name, given[name] ?? expand(unquoted(word.slice(name.length + 1)), globals));
      }
    }
  }
  return stages.length === 0 ? [] : keptBy(stages, stages.length - 1);
}

/** Of a stage, and of the earlier ones that it grows from. A base that cannot be made out may be any of them. */
function keptBy(stages: readonly Stage[], index: number): KeptArgument[] {
  const { base, arguments: own } = stages[index]!;
  const grownFrom = stages
    .slice(0, index)
    .flatMap(({ name }, at) => (name !== undefined && (base.includes('$') || name === base) ? [at] : []));
  const taken = base.includes('$') ? grownFrom : grownFrom.slice(-1);
  return [...taken.flatMap((at) => keptBy(stages, at)), ...own];
}

/** Puts values for $NAME, ${NAME}, ${NAME:-word} and ${NAME:+word}; what else there is stays as it is. */
function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:(\w+)|\{(\w+)(?::([-+])([^}$]*))?\})/g,
    (whole: string, plain?: string, braced?: string, operator?: string, word = '') => {
      const name = plain ?? braced!;
      const value = values.get(name);
      if (value === undefined) return whole;
      if (operator === '+') return value === '' ? '' : word;
      return value === '' ? word : value;
    },
  );
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2');
}

/** Words with their quotes: A=1 B="two words" are two. */
function words(text: string): string[] {
  return text.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
}

/** Each with its continued lines as one. Comments, also between those, and the texts of here-documents are no instructions. */
function* instructions(dockerfile: string): Generator<Instruction> {
  const lines = dockerfile.split(/\r?\n/);
  const escape = /^(?:#[^\n]*\n)*#\s*escape\s*=\s*`/i.test(dockerfile) ? '`' : '\\';
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
