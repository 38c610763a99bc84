/** What often stands on the line of a fault, and what to write instead. */
const hints: Array<[line: RegExp, hint: string]> = [
  [/^(<{7}|={7}|>{7})/, 'A merge conflict is not resolved here: choose one of the two sides.'],
  [/^\s*\t/, 'Indent by spaces.'],
  [/(:|^\s*-)\s+[%@`&*!|>{}[\]]/, 'Put the value into quotes.'],
  [/(:|^\s*-)\s+'[^']*'[^\s#,}\]]/, "Within single quotes write '' for one, or put the value into double quotes."],
  [/:\s[^'"|>].*(:\s|\s#)/, 'Put a value with a colon or # in it into quotes, or write it beneath a |.'],
];

/** A fault that the reader of YAML has found, without the place in its words, and with what to write instead where that is clear. */
export function yamlFault(message: string, text: string, line: number): string {
  const [what = ''] = message.split('\n');
  const said = what.replace(/ at line \d+, column \d+:?\.?$/, '');
  const written = text.split(/\r?\n/)[line - 1] ?? '';
  const hint = hints.find(([pattern]) => pattern.test(written))?.[1];
  return `this is not YAML: ${said}.${hint === undefined ? '' : ` ${hint}`}`;
}
