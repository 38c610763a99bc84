import type { Findings } from '../sequence';

/** So many findings are named in the warning; the summary has them all. */
const named = 5;

/**
 * The one warning of a step whose tests passed but for what could be better; undefined where there is nothing.
 * Findings that fail the step are told by it already.
 */
export function warningOf({ cases, robustness }: Findings): string | undefined {
  const failing = new Set(cases.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name));
  const found = [
    ...(robustness?.findings ?? [])
      .filter(({ sent }) => !failing.has(sent))
      .map(({ sent, answered }) => `${sent} (${answered.replace(/\.$/, '')})`),
    ...cases.flatMap(({ name, warning }) => (warning === undefined ? [] : `${name}: ${warning.replace(/\.$/, '')}`)),
  ];
  if (found.length === 0) return undefined;
  const told = [...found.slice(0, named), ...(found.length > named ? [`and ${found.length - named} more`] : [])];
  const what = found.length === 1 ? '1 finding that fails' : `${found.length} findings that fail`;
  return `The endpoint has ${what} no test: ${told.join('; ')}. The summary says how to fix ${found.length === 1 ? 'it' : 'them'}; robustness: fail makes the step fail for it, robustness: off leaves bad requests out.`;
}
