import { formatDifference, formatNumber } from '../common/formatNumber';
import { escapeMarkdown, inlineCode, linksLine, markdownTable } from '../common/markdown';
import type { Place } from '../common/record/places';
import { reportLabel, type DataReport } from '../common/dataReports/dataReport';
import { rarestSeen } from '../common/criteria/certainty';
import type { Interval, Verdict } from '../common/criteria/verdict';
import type { Decision } from './decision';
import { historyLine, type MetricHistory } from './history';
import { worthOfLooks, type HoldoutLooks } from './holdoutLooks';

/** What a summary tells of one evaluation. */
export interface Report {
  readonly model: { readonly name: string; readonly version: string };
  readonly decision: Decision;
  readonly champion?: { readonly version: string };
  /** Where the candidate's and the champion's metrics come from. */
  readonly sources: { readonly candidate: string; readonly champion?: string };
  /** What a reader should know before trusting the numbers. */
  readonly warnings: readonly string[];
  readonly looks?: HoldoutLooks;
  readonly dataReports?: readonly DataReport[];
  /** What the model card does not say; undefined where nobody wrote for it. */
  readonly cardGaps?: readonly string[];
  readonly histories: readonly MetricHistory[];
  /** Markdown of plots, such as a confusion matrix. */
  readonly plots: readonly string[];
  /** Where the model and its job can be looked at. */
  readonly places: readonly Place[];
  /** Names of the pictures that are attached beside the summary. */
  readonly attachments: readonly string[];
}

const marks = { approved: '✅', rejected: '❌' } as const;

/** The report as Markdown, for the run's page and the pull request. */
export function summaryMarkdown(report: Report): string {
  const { model, decision, champion, sources, warnings, looks, histories, plots, places, attachments, dataReports } =
    report;
  const title = `${marks[decision.decision]} ${escapeMarkdown(model.name)} version ${escapeMarkdown(model.version)}: ${decision.decision}`;
  const sections = [
    `## ${title}`,
    escapeMarkdown(decision.reason),
    criteriaTable(decision.verdicts, champion?.version),
    ...intervals(decision.verdicts, looks),
    warnings.map((warning) => `> ⚠️ ${escapeMarkdown(warning)}`).join('\n>\n'),
    histories.length > 0 ? `### History\n\n${histories.map((history) => `- ${historyLine(history)}`).join('\n')}` : '',
    ...plots,
    ...(report.cardGaps ? [cardSection(report.cardGaps)] : []),
    [
      `Candidate: version ${escapeMarkdown(model.version)}, measured by ${escapeMarkdown(sources.candidate)}.`,
      champion
        ? `Champion: version ${escapeMarkdown(champion.version)}, measured by ${escapeMarkdown(sources.champion ?? 'nothing')}.`
        : 'There is no champion to compare with.',
      ...(dataReports?.length
        ? [`Data reports: ${dataReports.map((each) => escapeMarkdown(reportLabel(each))).join(', ')}.`]
        : []),
      ...pictures('The tab Model of this run shows its pictures', attachments.filter(isDrawn)),
      ...pictures(
        "Beside this step's log are",
        attachments.filter((name) => !isDrawn(name)),
      ),
    ].join(' '),
    linksLine(places),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function criteriaTable(verdicts: readonly Verdict[], championVersion: string | undefined): string {
  return markdownTable(
    [
      { title: '' },
      { title: 'criterion' },
      { title: 'candidate', align: 'right' },
      { title: championVersion === undefined ? 'champion' : `champion (v${championVersion})`, align: 'right' },
      { title: 'difference', align: 'right' },
      { title: 'limit', align: 'right' },
      { title: 'verdict' },
    ],
    verdicts.map(({ criterion, passed, skipped, candidate, champion, limit, explanation }) => [
      skipped ? '⏭️' : passed ? '✅' : '❌',
      inlineCode(criterion.text),
      show(candidate),
      show(champion),
      candidate === null || champion === null ? '–' : formatDifference(candidate - champion),
      show(limit),
      escapeMarkdown(explanation),
    ]),
  );
}

function cardSection(gaps: readonly string[]): string {
  if (gaps.length === 0) return '### Model card\n\nComplete as far as people write it.';
  return `### Model card\n\nNot complete:\n\n${gaps.map((gap) => `- ${escapeMarkdown(gap)}`).join('\n')}`;
}

function intervals(verdicts: readonly Verdict[], looks: HoldoutLooks | undefined): string[] {
  const lines = verdicts.flatMap(({ criterion, interval }) =>
    interval ? [`- ${inlineCode(criterion.text)}: ${intervalLine(interval)}`] : [],
  );
  if (lines.length === 0) return [];
  return [`### Confidence\n\n${lines.join('\n')}`, ...(looks ? [escapeMarkdown(looksSentence(verdicts, looks))] : [])];
}

/** What the rows are worth for those criteria that do not share their level out among looks. */
export function looksSentence(verdicts: readonly Verdict[], looks: HoldoutLooks): string {
  const levels = verdicts.flatMap(({ criterion, interval }) =>
    interval && criterion.looks === undefined ? [interval.level] : [],
  );
  return worthOfLooks(looks, levels);
}

/** The interval and how it was made, e.g. `95% interval of candidate − limit: −0.41 to −0.22 (…)`. */
export function intervalLine(interval: Interval): string {
  const { level, lower, upper, rows, resamples, mcNemar, swapPValue, method, longerTail, groups } = interval;
  const test = mcNemar
    ? `; McNemar's exact test: p = ${formatNumber(mcNemar.pValue, 3)} (only the candidate right in ${mcNemar.onlyCandidate} rows, only the champion in ${mcNemar.onlyChampion})`
    : swapPValue === undefined
      ? ''
      : `; randomisation test: p = ${formatNumber(swapPValue, 3)}`;
  const how = {
    randomisation: `randomisation test, ${resamples} resamples${longerTail ? ', wider for a longer tail of errors' : ''}`,
    bootstrap: `studentised bootstrap, ${resamples} resamples`,
    exact: 'exact, Clopper and Pearson',
  }[method];
  // The rows of a disparity are those of all groups together, and errors may be rare in one of them.
  const unseen = groups ? '' : `; ${rarestSeen(interval)}`;
  return `${formatNumber(level * 100)}% interval of candidate − limit: **${formatNumber(lower)} to ${formatNumber(upper)}** (${how}, ${rows} rows)${test}${unseen}`;
}

function show(value: number | null): string {
  return value === null ? '–' : formatNumber(value);
}

/** What the tab can show; what a job logged in another form goes with the step's log. */
const isDrawn = (name: string): boolean => name.endsWith('.svg');

function pictures(where: string, names: readonly string[]): string[] {
  return names.length > 0 ? [`${where}: ${names.map(inlineCode).join(', ')}.`] : [];
}
