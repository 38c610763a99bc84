import type { ModelRecord } from '../tasks/common/record/record';

/** The newest schema of the record that this view knows. */
const knownSchemaVersion = 1;

/** What one step attached: a record of the model, or a picture. */
export interface Attachment {
  type: string;
  name: string;
  /** The step that attached it. */
  step: string;
  content: string;
}

export interface Picture {
  name: string;
  /** An address that holds the picture itself. */
  source: string;
}

/** One model of a run, or one deployment of it, as the last of its steps left it. */
export interface Report {
  record: ModelRecord;
  pictures: Picture[];
}

export interface Reports {
  reports: Report[];
  /** What could not be read, each in a sentence. */
  notes: string[];
}

const sectionNames = ['source', 'training', 'model', 'evaluation', 'image', 'deployment', 'tests'] as const;
const sections = (record: ModelRecord): number => sectionNames.filter((name) => record[name]).length;

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

function readRecord({ content, step }: Attachment): ModelRecord | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    return `What the step "${step}" left of the model was cut, so it is not shown.`;
  }
  const record = parsed as Partial<ModelRecord> | null;
  if (typeof record !== 'object' || record === null || typeof record.schemaVersion !== 'number') {
    return `What the step "${step}" left is not a model record, so it is not shown.`;
  }
  if (record.schemaVersion > knownSchemaVersion) {
    return `The step "${step}" was run by a newer version of the extension. What this version knows of it is shown; reload the page to get the new one.`;
  }
  return record as ModelRecord;
}

/** An address that carries a picture; undefined where it is none. */
function pictureOf({ name, content }: Attachment): Picture | undefined {
  const isSvg = /^\s*(<\?xml[^>]*>\s*)?<svg\b/.test(content);
  return isSvg ? { name, source: `data:image/svg+xml,${encodeURIComponent(content)}` } : undefined;
}

/**
 * Puts the attachments of a run together: a report for each model and each of its deployments, from the record with the
 * most sections. The pictures of a step go with the record that it left.
 */
export function readReports(attachments: Attachment[]): Reports {
  const notes: string[] = [];
  const reports: Report[] = [];
  const byStep = new Map<string, Report>();
  const records = attachments
    .filter(({ type }) => type === 'mlops.record')
    .map((attachment) => ({ step: attachment.step, record: readRecord(attachment) }));
  for (const { record } of records) if (typeof record === 'string') notes.push(record);
  const readable = records.flatMap(({ step, record }) => (typeof record === 'string' ? [] : [{ step, record }]));
  // The fullest first: what came before it in its chain adds nothing.
  for (const { step, record } of readable.sort((one, two) => sections(two.record) - sections(one.record))) {
    const known = reports.filter((report) => continues(record, report.record));
    const report = known[0] ?? { record, pictures: [] };
    if (known.length === 0) reports.push(report);
    byStep.set(step, report);
  }
  for (const attachment of attachments.filter(({ type }) => type === 'mlops.picture')) {
    const picture = pictureOf(attachment);
    const report = byStep.get(attachment.step) ?? reports[0];
    if (picture && report) report.pictures.push(picture);
  }
  return { reports, notes };
}
