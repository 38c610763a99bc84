import type { Attachment } from '../reports';

/** Types of attachments, as the tasks name them in tasks/common/record/attachmentTypes.ts. */
export const attachmentTypes = ['mlops.record', 'mlops.picture', 'mlops.contents'];

/** Gets an address with the user's own rights; text, or undefined where it is not there. */
export type Get = (url: string) => Promise<string | undefined>;

interface BuildAttachment {
  name: string;
  _links: { self: { href: string } };
}

/** `…/_apis/build/builds/5/<timeline>/<record>/attachments/…`: the record is the step. */
const stepOf = (href: string): string => /\/([0-9a-f-]{36})\/attachments\//i.exec(href)?.[1] ?? href;

/** The attachments of a build's steps. Source: Azure DevOps REST API, Build, Attachments - List. */
export async function buildAttachments(get: Get, project: string, buildId: number): Promise<Attachment[]> {
  const lists = await Promise.all(
    attachmentTypes.map(async (type) => {
      const text = await get(`${project}/_apis/build/builds/${buildId}/attachments/${type}?api-version=7.1-preview.2`);
      const { value } = JSON.parse(text ?? '{"value":[]}') as { value: BuildAttachment[] };
      return value.map(({ name, _links }) => ({ type, name, href: _links.self.href }));
    }),
  );
  const links = lists.flat().map((each) => ({ ...each, step: stepOf(each.href) }));
  if (links.length === 0) return [];
  const names = await stepNames(get, `${project}/_apis/build/builds/${buildId}/timeline?api-version=7.1`);
  return (await contents(get, links)).map((each) => ({ ...each, stepName: names.get(each.step) }));
}

/** The names of a build's steps; none where the server does not give them, since the tab can do without. */
async function stepNames(get: Get, url: string): Promise<Map<string, string>> {
  try {
    const { records } = JSON.parse((await get(url)) ?? '{"records":[]}') as {
      records: Array<{ id: string; name: string }>;
    };
    return new Map(records.map(({ id, name }) => [id, name]));
  } catch {
    return new Map();
  }
}

/** The parts of a release's stage that lead to what its steps attached. */
export interface ReleaseEnvironment {
  id: number;
  releaseId: number;
  deploySteps?: Array<{ attempt: number; releaseDeployPhases?: Array<{ runPlanId?: string }> }>;
}

interface ReleaseAttachment {
  name: string;
  recordId: string;
  timelineId: string;
}

/** The attachments of the last attempt of a classic release's stage. Source: Azure DevOps REST API, Release, Attachments. */
export async function releaseAttachments(
  get: Get,
  project: string,
  { id, releaseId, deploySteps = [] }: ReleaseEnvironment,
): Promise<Attachment[]> {
  const last = deploySteps.reduce<(typeof deploySteps)[number] | undefined>(
    (newest, step) => (!newest || step.attempt > newest.attempt ? step : newest),
    undefined,
  );
  const plans = (last?.releaseDeployPhases ?? []).flatMap(({ runPlanId }) => (runPlanId ? [runPlanId] : []));
  const lists = await Promise.all(
    plans.flatMap((plan) =>
      attachmentTypes.map(async (type) => {
        const base = `${project}/_apis/release/releases/${releaseId}/environments/${id}/attempts/${last!.attempt}/plan/${plan}`;
        const text = await get(`${base}/attachments/${type}?api-version=7.1-preview.1`);
        const { value } = JSON.parse(text ?? '{"value":[]}') as { value: ReleaseAttachment[] };
        return value.map(({ name, recordId, timelineId }) => ({
          type,
          name,
          step: recordId,
          href: `${base}/${timelineId}/${recordId}/attachments/${type}/${encodeURIComponent(name)}?api-version=7.1-preview.1`,
        }));
      }),
    ),
  );
  return await contents(get, lists.flat());
}

/** What the attachments hold. One that the server does not give hides none of the others. */
async function contents(get: Get, links: Array<Omit<Attachment, 'content'> & { href: string }>): Promise<Attachment[]> {
  const all = await Promise.all(
    links.map(async ({ href, ...attachment }) => {
      try {
        return { ...attachment, content: await get(href) };
      } catch (error) {
        const { message } = error as Error;
        return { ...attachment, content: '', problem: message };
      }
    }),
  );
  // Retention may have deleted a content whose name is listed still.
  return all.flatMap(({ content, ...attachment }) => (content === undefined ? [] : [{ ...attachment, content }]));
}
