import { ownValue } from '../../common/ownValue';
import { expand, instructions, unquoted, words } from './dockerfileInstructions';

/** The first port that the image exposes. */
export type ExposedPort =
  | { readonly port: number }
  /** An EXPOSE whose value the Dockerfile does not give. */
  | { readonly line: number; readonly text: string };

interface Stage {
  readonly name?: string;
  readonly base: string;
  readonly environment: Map<string, string>;
  exposed?: ExposedPort;
}

/**
 * Reads the EXPOSE of the image's own stage, or else of the stages that it grows from, with the values that ARG and ENV
 * give there, as Docker does. ENV goes before ARG of the same name.
 * @param given values of build arguments
 * @returns undefined where nothing is exposed
 */
export function exposedPort(dockerfile: string, given: Readonly<Record<string, string>>): ExposedPort | undefined {
  const globals = new Map<string, string>();
  const stages: Stage[] = [];
  let argumentsOf = new Map<string, string>();
  for (const { keyword, rest, line } of instructions(dockerfile)) {
    const stage = stages.at(-1);
    const values = new Map([...argumentsOf, ...(stage?.environment ?? [])]);
    if (keyword === 'FROM') {
      const [base = '', as = '', name] = words(rest).filter((word) => !word.startsWith('--'));
      const parent = stages.findLast((each) => each.name === expand(base, globals).toLowerCase());
      stages.push({
        base,
        name: as.toUpperCase() === 'AS' ? name?.toLowerCase() : undefined,
        environment: new Map(parent?.environment),
        exposed: parent?.exposed,
      });
      argumentsOf = new Map();
    } else if (keyword === 'ARG') {
      for (const word of words(rest)) {
        const [name = '', standard] = pair(word);
        const value = ownValue(given, name) ?? (standard === undefined ? globals.get(name) : expand(standard, stage ? values : globals)); // prettier-ignore
        if (value !== undefined) (stage ? argumentsOf : globals).set(name, value);
      }
    } else if (keyword === 'ENV' && stage) {
      const all = words(rest);
      const pairs = all[0]?.includes('=') ? all.map(pair) : [[all[0] ?? '', rest.trim().slice(all[0]?.length).trim()]];
      for (const [name = '', value = ''] of pairs) stage.environment.set(name, expand(unquoted(value), values));
    } else if (keyword === 'EXPOSE' && stage) {
      // The first of its own; what it has from the stage that it grows from counts only where it has none.
      const own = words(rest).map((word) => portOf(unquoted(expand(word, values)), line)).find((each) => each !== undefined); // prettier-ignore
      if (own && !isOwn(stage, stages)) stage.exposed = own;
    }
  }
  return stages.at(-1)?.exposed;
}

/** Whether the stage has an EXPOSE of its own already. */
function isOwn(stage: Stage, stages: readonly Stage[]): boolean {
  return stage.exposed !== undefined && !stages.some((each) => each !== stage && each.exposed === stage.exposed);
}

function pair(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), unquoted(word.slice(at + 1))];
}

/** @returns undefined for UDP, which no request goes by */
function portOf(text: string, line: number): ExposedPort | undefined {
  if (/\/udp$/i.test(text)) return undefined;
  const [, port] = /^(\d+)(?:-\d+)?(?:\/tcp)?$/i.exec(text) ?? [];
  return port === undefined ? { line, text } : { port: Number(port) };
}
