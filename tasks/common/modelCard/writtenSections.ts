import type { WrittenSection } from '../record/record';

/** A section that people owe the card, by the names that Hugging Face's template and Mitchell et al. (2019) give it. */
export interface OwedSection {
  readonly id: string;
  readonly title: string;
  /** Headings that stand for it, in lower case and without numbering. */
  readonly heading: RegExp;
}

/** In the order of the card. One heading may stand for several: "Bias, risks and limitations" is both. */
export const owedSections: readonly OwedSection[] = [
  {
    id: 'intended-use',
    title: 'Intended use',
    heading: /^uses?$|\bintended (use|purpose)|^direct use|^(primary )?use cases?$/,
  },
  {
    id: 'out-of-scope-use',
    title: 'Out-of-scope use',
    heading: /out[ -]of[ -]scope|\bmisuse|\bnot intended|unintended use/,
  },
  { id: 'limitations', title: 'Limitations', heading: /limitation|\bcaveats\b/ },
  {
    id: 'ethical-considerations',
    title: 'Ethical considerations',
    heading: /\bethic|\bbias|fairness|(societal|social) impact/,
  },
];

/** Headings that say on what the model was trained, where the record does not. */
export const trainingDataHeading = /\btraining data|^data(set)?s?$|\bdata ?(card|sheet)/;

const normal = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[*_`]/g, '')
    .replace(/^[\d.\s)]+/, '')
    .replace(/\s+/g, ' ')
    .replace(/[\s:.]+$/, '');

const isNamed = (title: string, heading: RegExp): boolean => heading.test(normal(title));

/** A heading with all that is below it. */
function withChildren(sections: readonly WrittenSection[], index: number): readonly WrittenSection[] {
  const { level } = sections[index]!;
  const end = sections.findIndex((each, at) => at > index && each.level <= level);
  return sections.slice(index, end < 0 ? undefined : end);
}

/** The sections with such a heading, each with what is below it, in their order and none twice. */
export function sectionsNamed(sections: readonly WrittenSection[], heading: RegExp): WrittenSection[] {
  const found = new Set(
    sections.flatMap(({ title }, index) => (isNamed(title, heading) ? withChildren(sections, index) : [])),
  );
  return sections.filter((each) => found.has(each));
}

/** What the file says for an owed section: "Uses" may have "Out-of-scope use" below it, which says nothing of the intended. */
export function sectionsFor({ heading }: OwedSection, sections: readonly WrittenSection[]): WrittenSection[] {
  const others = owedSections.map((each) => each.heading).filter((each) => each !== heading);
  const isOthers = ({ title }: WrittenSection) =>
    !isNamed(title, heading) && others.some((each) => isNamed(title, each));
  const isOnlyOthers = ({ title }: WrittenSection) =>
    heading === owedSections[0]!.heading && isNamed(title, others[0]!);
  return sectionsNamed(sections, heading).filter((each) => !isOthers(each) && !isOnlyOthers(each));
}

/** What the author of a template left for the author of the card. */
const leftovers: readonly RegExp[] = [
  // Hugging Face's template, filled or not.
  /\[more information needed\]/i,
  /\{\{.*?\}\}/s,
  /^[\s>*+-]*\**(TODO|TBD|TBA|FIXME|XXX)\b/m,
  /\blorem ipsum\b/i,
];

const onlyLeftover =
  /^(todo|tbd|tba|fixme|xxx|wip|coming soon|placeholder|to be (added|completed|defined|determined|done|filled( in)?|written|announced)|more information needed|fill (this|me) in|write (this|me))[.!…]*$/i;

/** Why the text says nothing; undefined where it says something. */
export function whyEmpty(text: string): string | undefined {
  const prose = text.replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[^\n]*$/gm, 'code');
  if (!/[\p{L}\p{N}]/u.test(prose)) return 'is empty';
  const left = leftovers
    .map((pattern) =>
      pattern
        .exec(prose)?.[0]
        .replace(/^[\s>*+-]+/, '')
        .replace(/\s+/g, ' '),
    )
    .find(Boolean);
  if (left !== undefined) return `still has "${left.slice(0, 40)}"`;
  const line = prose
    .replace(/[*_`>#]/g, '')
    .replace(/\s+/g, ' ')
    .replace(/^[-+ ]+/, '')
    .trim();
  // "[Describe the users]" without an address is no link.
  if (onlyLeftover.test(line) || /^(\[[^\]]*\]|<[^>]*>)\.?$/.test(line)) return `still has "${line.slice(0, 40)}"`;
  return undefined;
}

/**
 * What the sections do not say, a sentence each: owed ones that are missing, and any that is there and says nothing. A heading
 * above others needs no text of its own.
 */
export function writtenGaps(sections: readonly WrittenSection[]): string[] {
  const isRoof = (section: WrittenSection) =>
    whyEmpty(section.text) === 'is empty' && withChildren(sections, sections.indexOf(section)).length > 1;
  const missing = owedSections.filter((owed) => sectionsFor(owed, sections).every(isRoof));
  const empty = sections.flatMap((section) => {
    const why = whyEmpty(section.text);
    return section.title === '' || why === undefined || isRoof(section)
      ? []
      : [`The section "${section.title}" ${why}.`];
  });
  return [...missing.map(({ title }) => `The section "${title}" is missing.`), ...empty];
}
