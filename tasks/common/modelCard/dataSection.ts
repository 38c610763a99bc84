import { toolNames } from '../dataReports/toolNames';
import type { DataChecks, DataReportFile, ModelRecord } from '../record/record';
import { code, complete, facts, number, text } from './blocks';
import type { Block, CardColumn, CardSection } from './card';

/** What the record knows of the data: inputs of the job, rows that decided, reports on it. */
export function data({ training, evaluation }: ModelRecord): CardSection {
  const inputs = training?.data ?? [];
  const table: Block = {
    kind: 'table',
    columns: [{ title: 'Data input' }, { title: 'Type' }, { title: 'Where' }, { title: 'SHA-256' }],
    rows: inputs.map(({ name, type, uri, sha256 }) => [name, type, code(uri), sha256 ? code(sha256) : 'not recorded']),
  };
  const hashes = Object.entries(training?.dataHashes ?? {}).map(([name, hash]) => [name, code(hash)] as const);
  const rows = evaluation?.holdout;
  return complete(
    'data',
    'Data',
    ...(inputs.length > 0 ? [table] : []),
    ...(hashes.length > 0 ? [text('Hashes that training logged:'), facts(...hashes)] : []),
    ...(rows ? [facts(['Rows of the comparison', String(rows.rows)], ['Their SHA-256', code(rows.sha256)])] : []),
    ...dataChecks(training?.dataChecks),
    ...dataReports([...(training?.dataChecks?.reports ?? []), ...(evaluation?.dataReports ?? [])]),
  );
}

/** What the data had to meet before the training began. */
function dataChecks(checks: DataChecks | undefined): Block[] {
  if (!checks) return [];
  const columns: CardColumn[] = [
    { title: 'Data check' },
    { title: 'Value', align: 'right' },
    { title: 'Limit', align: 'right' },
    { title: 'Why it holds' },
  ];
  const rows = checks.criteria.map((each) => [code(each.text), number(each.value), number(each.limit), each.explanation]); // prettier-ignore
  return [text('Checked before the training:'), { kind: 'table', columns, rows }];
}

/** Train and Evaluate may have read the same file. */
function dataReports(reports: readonly DataReportFile[]): Block[] {
  if (reports.length === 0) return [];
  const files = new Map(reports.map((each) => [`${each.sha256} ${each.file}`, each]));
  const rows = [...files.values()].map(({ tool, file, sha256 }) => [toolNames[tool], file, code(sha256)]);
  const columns = [{ title: 'Report on data' }, { title: 'File' }, { title: 'SHA-256' }];
  return [{ kind: 'table', columns, rows }];
}
