/**
 * Measures speed and size. The numbers are of this machine and this run; ratios carry over, seconds do not.
 *
 *   npm run bench                    every area
 *   npm run bench -- --area size     one area; may be repeated
 *   npm run bench -- --json          rows as JSON
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Area, Row } from './rows';

const areas: Area[] = [
  'size',
  'chain',
  'train',
  'evaluate',
  'package',
  'deploy',
  'evidence',
  'test',
  'localAzure',
  'growth',
  'limits',
];

/** What bench/<area>.ts exports. */
interface AreaModule {
  bench: () => Promise<Row[]>;
}

function number(value: number | null): string {
  if (value === null) return '';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function table(rows: Row[]): string {
  const cells = rows.map(({ name, ours, unit, reference, referenceValue, ratio, goal, holds }) => [
    holds === null ? ' ' : holds ? '✓' : '✗',
    name,
    `${number(ours)} ${unit}`,
    reference === null ? '' : `${reference}: ${number(referenceValue)} ${unit}`,
    ratio === null ? '' : `×${number(ratio)}`,
    goal ?? '',
  ]);
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]!.length))) ?? [];
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { area: { type: 'string', multiple: true }, json: { type: 'boolean' } } });
  const unknown = (values.area ?? []).filter((area) => !areas.includes(area as Area));
  if (unknown.length > 0) throw new Error(`No such area: ${unknown.join(', ')}. There are: ${areas.join(', ')}`);
  const wanted =
    (values.area as Area[] | undefined) ?? areas.filter((area) => existsSync(join(__dirname, `${area}.ts`)));

  const all: Row[] = [];
  for (const area of wanted) {
    const started = Date.now();
    const { bench } = (await import(`./${area}`)) as AreaModule;
    const rows = await bench();
    all.push(...rows);
    if (values.json) continue;
    console.log(`${area} (measured in ${((Date.now() - started) / 1000).toFixed(0)} s)\n${table(rows)}`);
    console.log([...new Set(rows.map(({ method }) => `  ${method}`))].join('\n') + '\n');
  }
  if (values.json) console.log(JSON.stringify(all, null, 2));
  else if (all.some(({ holds }) => holds === false)) console.log('Some goals do not hold: ✗');
}

main().catch((error: Error) => {
  console.error(error.stack);
  process.exitCode = 1;
});
