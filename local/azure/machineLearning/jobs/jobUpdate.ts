import { invalid } from '../mlError';
import type { RunStore } from '../runs/runStore';
import type { JobProperties } from './jobSpecification';
import type { Job, JobStore } from './jobStore';

/** What of a job may change once it is there; its tags, too. New properties may be added, none changed. */
const changeable = [
  'displayName',
  'description',
  'tags',
  'isArchived',
  'properties',
  'services',
  'status',
  'notificationSetting',
];

/** A PUT of a job that is there: the same again is accepted, what never changes is refused, the rest is taken over. */
export function updateJob(jobs: JobStore, runs: RunStore, job: Job, given: JobProperties): void {
  const specification = job.specification as unknown as Record<string, unknown>;
  // The default output is the service's own; a client that sends back what it got sends it along.
  const { default: _default, ...outputs } = given.outputs ?? {};
  for (const [field, value] of Object.entries({ ...given, outputs })) {
    if (changeable.includes(field) || value === null || contains(specification[field], value)) continue;
    throw invalid(`The property '${field}' of job ${job.name} cannot be updated.`);
  }
  const run = runs.get(job.name);
  for (const [key, value] of Object.entries(given.properties ?? {})) {
    const present = run?.properties[key];
    if (present !== undefined && present !== value) {
      throw invalid(`The existing property '${key}' of job ${job.name} cannot be updated; only new ones can be added.`);
    }
  }
  runs.update(job.name, (changed) => {
    if (given.displayName != null) changed.displayName = given.displayName;
    if (given.description != null) changed.description = given.description;
    if (given.tags) {
      const own = Object.entries(changed.tags).filter(([key]) => key.startsWith('_aml_system_'));
      changed.tags = { ...Object.fromEntries(own), ...given.tags };
    }
    changed.properties = { ...changed.properties, ...given.properties };
  });
  if (given.isArchived != null && given.isArchived !== (job.specification.isArchived ?? false)) {
    jobs.put({ ...job, specification: { ...job.specification, isArchived: given.isArchived } });
  }
}

/** Whether `given` says nothing else than `present`: clients send a job back as they got it, with nulls and defaults. */
function contains(present: unknown, given: unknown): boolean {
  if (given === null || given === undefined) return true;
  if (typeof given !== 'object' || Array.isArray(given)) return JSON.stringify(present) === JSON.stringify(given);
  if (Object.keys(given).length === 0) return true;
  if (typeof present !== 'object' || present === null) return isDefault(given);
  return Object.entries(given as Record<string, unknown>).every(([key, value]) => {
    const own = (present as Record<string, unknown>)[key];
    return own === undefined
      ? value === null || key === 'default' || isDefault({ [key]: value })
      : contains(own, value);
  });
}

/** What answers show although no request said it. */
function isDefault(value: object): boolean {
  const shown: Record<string, unknown> = { instanceCount: 1, shmSize: '2g', properties: {}, isArchived: false };
  return Object.entries(value).every(
    ([key, inner]) => inner === null || JSON.stringify(shown[key]) === JSON.stringify(inner),
  );
}
