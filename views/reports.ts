import type { ModelRecord } from '../tasks/common/record/record';
import { readableRecord, sectionNames } from './readableRecord';

/** What one step attached: a record of the model, a picture, or what is in the image. */
export interface Attachment {
  type: string;
  name: string;
  /** The step that attached it. */
  step: string;
  /** What users call that step, where it is known. */
  stepName?: string;
  content: string;
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
  version: string;
}

/** One model of a run, or one deployment of it, as the last of its steps left it. */
export interface Report {
  record: ModelRecord;
  pictures: Picture[];
  /** What is in the image; empty where no step said it. */
  components: Component[];
}

export interface Reports {
  reports: Report[];
  /** What could not be read, each in a sentence. */
  notes: string[];
}

const sections = (record: ModelRecord): number => sectionNames.filter((name) => record[name]).length;

/** When the last stage that says it wrote to the record. */
const lastChange = ({ training, evaluation, deployment, tests }: ModelRecord): string =>
  [training?.endedAt, evaluation?.evaluatedAt, deployment?.deployedAt, tests?.testedAt]
    .map((time) => time ?? '')
    .reduce((latest, time) => (time > latest ? time : latest));

/** Newer attempts first, and of one attempt the fullest: what came before it in its chain adds nothing. */
function newestFirst(one: ModelRecord, two: ModelRecord): number {
  const [a, b] = [lastChange(one), lastChange(two)];
  return a === b ? sections(two) - sections(one) : a < b ? 1 : -1;
}

/** Tells one model's and one deployment's records from another's. */
function keyOf({ model, training }: ModelRecord): string {
  return model ? `${model.name}:${model.version}` : (training?.jobName ?? '');
}

/** Whether a record goes on where the other ends, be it at the model or at its deployment. */
function continues(record: ModelRecord, other: ModelRecord): boolean {
  if (keyOf(record) !== keyOf(other)) return false;
  const [one, two] = [record.deployment, other.deployment];
  return !one || !two || one.containerGroupId === two.containerGroupId;
}

const origin = ({ stepName }: Attachment): string =>
  stepName ? `The model record of the step "${stepName}"` : 'The model record of one step';

/** A picture as an address that carries it; undefined where it is none. */
function pictureOf({ name, content }: Attachment): Picture | undefined {
  if (!/^\s*(<\?xml[^>]*>\s*)?<svg\b/.test(content)) return undefined;
  const title =
    /<title>([^<&]+)<\/title>/.exec(content)?.[1] ??
    name
      .replace(/\.\w+$/, '')
      .replace(/[-_]+/g, ' ')
      .trim();
  return { name, title, source: `data:image/svg+xml,${encodeURIComponent(content)}` };
}

/** The packages that a bill of materials (CycloneDX) lists; none where it cannot be read. */
function componentsOf(content: string): Component[] {
  try {
    const { components } = JSON.parse(content) as { components?: Component[] };
    return (components ?? []).map(({ name, version }) => ({ name: String(name), version: String(version ?? '') }));
  } catch {
    return [];
  }
}

/**
 * Puts the attachments of a run together: a report for each model and each of its deployments, from its newest record. The
 * pictures of a step go with the record that it left; where a step ran again, those of its last attempt are shown.
 */
export function readReports(attachments: Attachment[]): Reports {
  const notes: string[] = [];
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
  addPictures(attachments, reports, byStep);
  for (const { step, content } of attachments.filter(({ type }) => type === 'mlops.contents')) {
    const report = byStep.get(step)?.report;
    const components = componentsOf(content);
    if (report && components.length > 0) report.components = components;
  }
  // The story of a run starts with the model that was there first.
  return { reports: reports.reverse(), notes };
}

/** Each picture once in its report, from the newest step that left one of that name. */
function addPictures(
  attachments: Attachment[],
  reports: Report[],
  byStep: Map<string, { report: Report; rank: number }>,
): void {
  const shown = new Map<Report, Map<string, { picture: Picture; rank: number }>>();
  for (const attachment of attachments.filter(({ type }) => type === 'mlops.picture')) {
    const picture = pictureOf(attachment);
    const { report, rank } = byStep.get(attachment.step) ?? { report: reports[0], rank: Infinity };
    if (!picture || !report) continue;
    const own = shown.get(report) ?? new Map<string, { picture: Picture; rank: number }>();
    shown.set(report, own);
    const before = own.get(picture.name);
    if (!before || rank < before.rank) own.set(picture.name, { picture, rank });
  }
  for (const [report, own] of shown) report.pictures = [...own.values()].map(({ picture }) => picture);
}
