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
  const reading = new Reading(given);
  for (const { keyword, rest, line } of instructions(dockerfile)) reading.take(keyword, rest, line);
  return reading.exposed;
}

/** What is known of a Dockerfile up to an instruction. */
class Reading {
  private readonly globals = new Map<string, string>();
  private readonly stages: Stage[] = [];
  /** Of the stage that is read. */
  private readonly arguments = new Map<string, string>();

  constructor(private readonly given: Readonly<Record<string, string>>) {}

  get exposed(): ExposedPort | undefined {
    return this.stages.at(-1)?.exposed;
  }

  take(keyword: string, rest: string, line: number): void {
    const stage = this.stages.at(-1);
    if (keyword === 'FROM') this.from(rest);
    else if (keyword === 'ARG') this.arg(rest, stage);
    else if (keyword === 'ENV' && stage) this.env(rest, stage);
    else if (keyword === 'EXPOSE' && stage) this.expose(rest, line, stage);
  }

  private values(stage: Stage): Map<string, string> {
    return new Map([...this.arguments, ...stage.environment]);
  }

  private from(rest: string): void {
    const [base = '', as = '', name] = words(rest).filter((word) => !word.startsWith('--'));
    const parent = this.stages.findLast((each) => each.name === expand(base, this.globals).toLowerCase());
    this.stages.push({
      base,
      name: as.toUpperCase() === 'AS' ? name?.toLowerCase() : undefined,
      environment: new Map(parent?.environment),
      exposed: parent?.exposed,
    });
    this.arguments.clear();
  }

  private arg(rest: string, stage: Stage | undefined): void {
    const known = stage ? this.values(stage) : this.globals;
    for (const word of words(rest)) {
      const [name, standard] = pair(word);
      const standing = standard === undefined ? this.globals.get(name) : expand(standard, known);
      const value = ownValue(this.given, name) ?? standing;
      if (value !== undefined) (stage ? this.arguments : this.globals).set(name, value);
    }
  }

  private env(rest: string, stage: Stage): void {
    const all = words(rest);
    const values = this.values(stage);
    const pairs = all[0]?.includes('=') ? all.map(pair) : [[all[0] ?? '', rest.trim().slice(all[0]?.length).trim()]];
    for (const [name = '', value = ''] of pairs) stage.environment.set(name, expand(unquoted(value), values));
  }

  /** The first of its own; what it has from the stage that it grows from counts only where it has none. */
  private expose(rest: string, line: number, stage: Stage): void {
    const values = this.values(stage);
    const own = words(rest).map((word) => portOf(unquoted(expand(word, values)), line)).find((each) => each !== undefined); // prettier-ignore
    if (own && !isOwn(stage, this.stages)) stage.exposed = own;
  }
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
