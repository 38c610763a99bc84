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

/** JUnit XML as the agent's `results.publish` reads it (type JUnit). */
export function junitXml(suites: readonly JUnitSuite[]): string {
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals(all)}>`,
    ...suites.flatMap(({ name, cases }) => [
      `  <testsuite name="${xml(name)}" ${totals(cases)}>`,
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

function testCase({ name, className, seconds = 0, failure, skipped, output }: JUnitCase): string[] {
  const children: string[] = [];
  if (failure) {
    const details = xml(failure.details ?? failure.message);
    children.push(`      <failure message="${xml(failure.message)}">${details}</failure>`);
  }
  if (skipped !== undefined) children.push(`      <skipped message="${xml(skipped)}"/>`);
  if (output !== undefined) children.push(`      <system-out>${xml(output)}</system-out>`);
  const opening = `    <testcase name="${xml(name)}" classname="${xml(className)}" time="${seconds.toFixed(3)}"`;
  return children.length === 0 ? [`${opening}/>`] : [`${opening}>`, ...children, '    </testcase>'];
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
