import { readableRecord, sectionNames, type ShownRecord } from './readableRecord';

/** What one step attached: a record of the model, a picture, or what is in the image. */
export interface Attachment {
  type: string;
  name: string;
  /** The step that attached it. */
  step: string;
  /** What users call that step, where it is known. */
  stepName?: string;
  content: string;
  /** Why it could not be got, where it could not. */
  problem?: string;
}

export interface Picture {
  name: string;
  /** What it shows, in words. */
  title: string;
  /** An address that holds the picture itself. */
  source: string;
}

/** A package in the image. */
export interface Component {
  name: string;
  version?: string;
}

/** One model of a run, or one deployment of it, as the last of its steps left it. */
export interface Report {
  record: ShownRecord;
  pictures: Picture[];
  /** What is in the image; empty where no step said it. */
  components: Component[];
}

export interface Reports {
  reports: Report[];
  /** What could not be read, each in a sentence. */
  notes: string[];
}

const sections = (record: ShownRecord): number => sectionNames.filter((name) => record[name]).length;

/** When the last stage that says it wrote to the record. */
const lastChange = ({ training, evaluation, deployment, tests }: ShownRecord): string =>
  [training?.endedAt, evaluation?.evaluatedAt, deployment?.deployedAt, tests?.testedAt]
    .map((time) => time ?? '')
    .reduce((latest, time) => (time > latest ? time : latest));

/** Newer attempts first, and of one attempt the fullest: what came before it in its chain adds nothing. */
function newestFirst(one: ShownRecord, two: ShownRecord): number {
  const [a, b] = [lastChange(one), lastChange(two)];
  return a === b ? sections(two) - sections(one) : a < b ? 1 : -1;
}

/** Tells one model's and one deployment's records from another's. */
function keyOf({ model, training }: ShownRecord): string {
  return model ? `${model.name}:${model.version}` : (training?.jobName ?? '');
}

/** Whether a record goes on where the other ends, be it at the model or at its deployment. */
function continues(record: ShownRecord, other: ShownRecord): boolean {
  if (keyOf(record) !== keyOf(other)) return false;
  const [one, two] = [record.deployment, other.deployment];
  return !one || !two || one.containerGroupId === two.containerGroupId;
}

const kinds: Record<string, (name: string) => string> = {
  'mlops.record': () => 'The model record',
  'mlops.picture': (name) => `The chart ${name}`,
  'mlops.contents': () => 'The list of the packages in the image',
};

/** The beginning of a sentence about an attachment. */
const origin = ({ type, name, stepName }: Attachment): string =>
  `${kinds[type]?.(name) ?? name} of ${stepName ? `the step "${stepName}"` : 'one step'}`;

/** A picture as an address that carries it; undefined where it is none. */
function pictureOf({ name, content }: Attachment): Picture | undefined {
  if (!/^\s*(<\?xml[^>]*>\s*)?<svg\b/.test(content) || !/<\/svg>\s*$/.test(content)) return undefined;
  const title =
    /<title>([^<&]+)<\/title>/.exec(content)?.[1] ??
    name
      .replace(/\.\w+$/, '')
      .replace(/[-_]+/g, ' ')
      .trim();
  return { name, title, source: `data:image/svg+xml,${encodeURIComponent(content)}` };
}

/** The packages that a bill of materials (CycloneDX) lists, as far as it can be read. */
function componentsOf(content: string): { components: Component[]; isWhole: boolean } {
  try {
    const { components: listed = [] } = JSON.parse(content) as { components?: Component[] };
    const isText = (value: unknown): boolean => typeof value === 'string';
    const readable = listed.filter((each) => isText(each?.name) && isText(each.version ?? ''));
    const components = readable.map(({ name, version }) => ({ name, version: version ?? '' }));
    return { components, isWhole: components.length === listed.length };
  } catch {
    return { components: [], isWhole: false };
  }
}

/**
 * Puts the attachments of a run together: a report for each model and each of its deployments, from its newest record. The
 * pictures of a step go with the record that it left; where a step ran again, those of its last attempt are shown.
 */
export function readReports(all: Attachment[]): Reports {
  const attachments = all.filter(({ problem }) => problem === undefined);
  const notes = all.flatMap((each) =>
    each.problem === undefined
      ? []
      : [`${origin(each)} could not be loaded: ${each.problem.replace(/\.?$/, '.')} Reload the page.`],
  );
  const reports: Report[] = [];
  const byStep = new Map<string, { report: Report; rank: number }>();
  const readable = attachments
    .filter(({ type }) => type === 'mlops.record')
    .flatMap((attachment) => {
      const { record, note } = readableRecord(attachment.content, origin(attachment));
      if (note) notes.push(note);
      return record ? [{ step: attachment.step, record }] : [];
    })
    .sort((one, two) => newestFirst(one.record, two.record));
  for (const [rank, { step, record }] of readable.entries()) {
    const known = reports.find((report) => continues(record, report.record));
    const report = known ?? { record, pictures: [], components: [] };
    if (!known) reports.push(report);
    byStep.set(step, { report, rank });
  }
  notes.push(...addPictures(attachments, reports, byStep));
  for (const attachment of attachments.filter(({ type }) => type === 'mlops.contents')) {
    const report = byStep.get(attachment.step)?.report;
    const { components, isWhole } = componentsOf(attachment.content);
    if (!isWhole)
      notes.push(
        `${origin(attachment)} is damaged. ${components.length > 0 ? 'What can be read of it is shown.' : 'It is not shown.'}`,
      );
    if (report && components.length > 0) report.components = components;
  }
  // The story of a run starts with the model that was there first.
  return { reports: reports.reverse(), notes };
}

/**
 * Each picture once in its report, from the newest step that left one of that name.
 * @returns what could not be shown, each in a sentence
 */
function addPictures(
  attachments: Attachment[],
  reports: Report[],
  byStep: Map<string, { report: Report; rank: number }>,
): string[] {
  const notes: string[] = [];
  const shown = new Map<Report, Map<string, { picture: Picture; rank: number }>>();
  for (const attachment of attachments.filter(({ type }) => type === 'mlops.picture')) {
    const picture = pictureOf(attachment);
    const { report, rank } = byStep.get(attachment.step) ?? { report: reports[0], rank: Infinity };
    if (!picture) notes.push(`${origin(attachment)} is damaged. It is not shown.`);
    if (!picture || !report) continue;
    const own = shown.get(report) ?? new Map<string, { picture: Picture; rank: number }>();
    shown.set(report, own);
    const before = own.get(picture.name);
    if (!before || rank < before.rank) own.set(picture.name, { picture, rank });
  }
  for (const [report, own] of shown) report.pictures = [...own.values()].map(({ picture }) => picture);
  return notes;
}
