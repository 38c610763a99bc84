import { BuildError } from '../engine';
import type { Instruction } from '../dockerfile/parse';
import type { ContainerConfig } from '../imageConfig';

/** HEALTHCHECK as an image's config holds it. `inShell` makes a shell command an argument list. */
export function readHealthcheck(
  instruction: Instruction,
  inShell: (text: string) => string[],
): NonNullable<ContainerConfig['Healthcheck']> {
  const [, form = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(instruction.text) ?? [];
  if (form.toUpperCase() === 'NONE') return { Test: ['NONE'] };
  if (form.toUpperCase() !== 'CMD' || rest === '') {
    throw new BuildError(`dockerfile parse error: Unknown type "${form}" in HEALTHCHECK (try CMD)`);
  }
  const flags = new Map(instruction.flags);
  const retries = flags.get('retries');
  return {
    Test: rest.startsWith('[')
      ? ['CMD', ...(JSON.parse(rest) as string[])]
      : ['CMD-SHELL', inShell(rest).at(-1) as string],
    Interval: nanoseconds(flags.get('interval')),
    Timeout: nanoseconds(flags.get('timeout')),
    StartPeriod: nanoseconds(flags.get('start-period')),
    Retries: retries === undefined ? undefined : Number(retries),
  };
}

/** Go's durations: 1m30s, 500ms. */
function nanoseconds(duration: string | undefined): number | undefined {
  if (duration === undefined) return undefined;
  const units: Record<string, number> = { h: 3600e9, m: 60e9, s: 1e9, ms: 1e6, us: 1e3, ns: 1 };
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|ns)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== duration) {
    throw new BuildError(`dockerfile parse error: "${duration}" is not a duration`);
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit as string] as number), 0);
}
