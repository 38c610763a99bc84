import { summaryMarkdown, type Report } from './summary';

/** Invisible in the rendered comment; by it a later run finds its own. */
export const markOf = (report: Report): string => `<!-- mlops-evaluate ${encodeURIComponent(report.model.name)} -->`;

/** The comment on a pull request. */
export function commentText(report: Report, run: string | undefined): string {
  const link = run ? `\n[The run](${run})\n` : '';
  return `${markOf(report)}\n${summaryMarkdown({ ...report, attachments: [] })}${link}`;
}

/** What a status says, in so many characters at most: a server cuts or refuses what is longer. */
export function statusText({ model, decision }: Report, longest: number): string {
  const text = `${model.name} ${model.version} ${decision.decision}: ${decision.reason}`;
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
