/** One test for the Tests tab. */
export interface JUnitCase {
  readonly name: string;
  /** What the tab groups by, e.g. Evaluate.criteria. */
  readonly className: string;
  readonly seconds?: number;
  /** Why it failed: one line, and more where there is more to say. */
  readonly failure?: { readonly message: string; readonly details?: string };
  /** Why it was not run. */
  readonly skipped?: string;
  /** What a passed test has to say. */
  readonly output?: string;
}

export interface JUnitSuite {
  readonly name: string;
  readonly cases: readonly JUnitCase[];
}

/**
 * JUnit XML as the agent's `results.publish` reads it (type JUnit). Of a passed test the agent keeps only the name; what it
 * has to say stands in the file, which is attached to the run, and belongs in the summary too.
 * Source: microsoft/azure-pipelines-agent, JunitResultReader.cs (timestamp of each suite, message of what is skipped).
 */
export function junitXml(suites: readonly JUnitSuite[], startedAt: Date): string {
  const all = suites.flatMap(({ cases }) => cases);
  const timestamp = `timestamp="${startedAt.toISOString()}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals(all)} ${timestamp}>`,
    ...suites.flatMap(({ name, cases }) => [
      `  <testsuite name="${xml(name)}" ${totals(cases)} ${timestamp}>`,
      ...cases.flatMap(testCase),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function totals(cases: readonly JUnitCase[]): string {
  const failures = cases.filter(({ failure }) => failure).length;
  const skipped = cases.filter(({ skipped }) => skipped !== undefined).length;
  const seconds = cases.reduce((sum, each) => sum + (each.seconds ?? 0), 0);
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds.toFixed(3)}"`;
}

/** One name that is too long can lose a whole publication (dotnet/arcade#9389). */
const longestName = 250;
/** The server cuts messages here (microsoft/azure-pipelines-tasks#16696). */
const longestMessage = 4_000;

function testCase({ name, className, seconds = 0, failure, skipped, output }: JUnitCase): string[] {
  const children: string[] = [];
  // A name that is cut stands whole in what the test has to say.
  const whole = name.length > longestName ? `${name}\n\n` : '';
  const message = (text: string) => xml(cut(text, longestMessage));
  if (failure) {
    const details = xml(whole + (failure.details ?? failure.message));
    children.push(`      <failure message="${message(failure.message)}">${details}</failure>`);
  }
  if (skipped !== undefined) children.push(`      <skipped message="${message(skipped)}"/>`);
  if (output !== undefined || whole) children.push(`      <system-out>${xml(whole + (output ?? ''))}</system-out>`);
  const opening = `    <testcase name="${xml(cut(name, longestName))}" classname="${xml(className)}" time="${seconds.toFixed(3)}"`;
  return children.length === 0 ? [`${opening}/>`] : [`${opening}>`, ...children, '    </testcase>'];
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Escapes for text and attributes alike, and leaves out what XML 1.0 cannot hold at all, such as control characters. */
function xml(text: string): string {
  return [...text]
    .filter((character) => {
      const code = character.codePointAt(0)!;
      if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
      return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
    })
    .join('')
    .replace(/[&<>"']/g, (character) => named[character]!);
}
