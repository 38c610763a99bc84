import { codeBlock, escapeMarkdown, markdownTable } from '../../common/markdown';
import type { Remedy } from '../robustness/remedies';
import type { RobustnessReport } from '../robustness/robustnessReport';
import type { Findings } from '../sequence';

/** What could be better, in Markdown: what was sent, what came back, what a careful service does, and what mends it. */
export function findingsReport({ cases, robustness }: Pick<Findings, 'cases' | 'robustness'>): string[] {
  const warnings = cases.flatMap(({ name, warning }) =>
    warning === undefined ? [] : [`- ${escapeMarkdown(name)}: ${escapeMarkdown(warning)}`],
  );
  const parts = warnings.length > 0 ? [warnings.join('\n')] : [];
  if (robustness) parts.push(...robustnessParts(robustness));
  return parts.length > 0 ? ['### What could be better', ...parts] : [];
}

function robustnessParts({ probes, findings }: RobustnessReport): string[] {
  const sent = probes.filter(({ isHeld }) => isHeld !== undefined);
  const count = `The service handled ${sent.length - findings.length} of ${sent.length} invalid or unusual requests well.`;
  if (findings.length === 0) return [count];
  const table = markdownTable(
    [{ title: 'Sent' }, { title: 'Answer' }, { title: 'Expected' }],
    findings.map(({ sent: what, answered, wanted = '' }) => [what, answered, wanted].map(escapeMarkdown)),
  );
  return [count, table, ...remediesOf(findings)];
}

/** Each remedy once, with the findings that it mends. */
function remediesOf(findings: RobustnessReport['findings']): string[] {
  const mended = new Map<string, { remedy: Remedy; sent: string[] }>();
  for (const { remedy, sent } of findings) {
    const key = `${remedy.advice}\n${remedy.code ?? ''}`;
    const known = mended.get(key);
    if (known) known.sent.push(sent);
    else mended.set(key, { remedy, sent: [sent] });
  }
  return [...mended.values()].flatMap(({ remedy: { advice, code }, sent }) => [
    `**${sent.map(escapeMarkdown).join('; ')}**: ${escapeMarkdown(advice)}`,
    ...(code ? [codeBlock(code, 'python')] : []),
  ]);
}
