import { ownValue } from '../../common/ownValue';
import { expand, instructions, unquoted, words } from './dockerfileInstructions';

/** A build argument that the Dockerfile declares where the image's history keeps its value. */
export interface KeptArgument {
  readonly name: string;
  /** Of the Dockerfile, from 1. */
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
        else globals.set(name, ownValue(given, name) ?? expand(unquoted(word.slice(name.length + 1)), globals));
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
