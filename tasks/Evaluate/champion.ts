import type { Models } from '../common/azure/ml/models';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { TaskFailure } from '../common/taskFailure';
import { decisionTags } from './earlierDecision';
import type { EvaluateInputs } from './inputs';

/** Whom the candidate is compared with. */
export interface Rival {
  /** Undefined where there is none yet, or where the input says that there is none. */
  readonly champion?: RegisteredModel;
  /** A sentence for people, where it is not a champion but stands in for one. */
  readonly standsInFor?: string;
}

/** As many versions may have been approved since the candidate was registered. */
const approvalsToLookAt = 50;

/** Which versions of the model run, and where: the name of a container group by the version. */
export type Running = () => Promise<ReadonlyMap<string, string>>;

/**
 * Finds whom the candidate is compared with. Where no version was promoted, it is the newest earlier one that runs, or else that was
 * approved: its promotion may have failed for another reason, and a gate that compares with nobody stands open.
 * @throws where the registry cannot be read, or the version that was named does not exist: neither means "no champion"
 */
export async function findChampion(
  models: Pick<Models, 'champion' | 'find' | 'withTags'>,
  running: Running,
  candidate: Pick<RegisteredModel, 'name' | 'version' | 'createdAt'>,
  inputs: Pick<EvaluateInputs, 'champion' | 'championVersion'>,
): Promise<Rival> {
  if (inputs.champion === 'none') return {};
  if (inputs.champion === 'tagged') {
    const champion = await models.champion(candidate.name);
    if (champion) return { champion };
    return (await runsNow(models, running, candidate)) ?? approvedBefore(models, candidate);
  }
  const version = inputs.championVersion!;
  const champion = await models.find(candidate.name, version, true);
  if (champion) return { champion };
  throw new TaskFailure(
    `Input championVersion: the model "${candidate.name}" has no version "${version}".`,
    'Name a version that is registered, or set the input champion to "tagged".',
    { help: 'the-champion' },
  );
}

async function runsNow(
  models: Pick<Models, 'find'>,
  running: Running,
  candidate: Pick<RegisteredModel, 'name' | 'version' | 'createdAt'>,
): Promise<Rival | undefined> {
  const groups = await running();
  const versions = await Promise.all([...groups.keys()].map((version) => models.find(candidate.name, version, true)));
  const champion = newestBefore(
    candidate,
    versions.filter((each) => each !== undefined),
  );
  return (
    champion && {
      champion,
      standsInFor: `No version is champion yet. Compared with is version ${champion.version}, which runs in the container group ${groups.get(champion.version)}.`,
    }
  );
}

async function approvedBefore(
  models: Pick<Models, 'withTags'>,
  candidate: Pick<RegisteredModel, 'name' | 'version' | 'createdAt'>,
): Promise<Rival> {
  const { decision, at } = decisionTags;
  const approved = await models.withTags(candidate.name, [`${decision}=approved`], approvalsToLookAt);
  const champion = newestBefore(
    candidate,
    approved.filter((each) => each.tags[decision] === 'approved'),
  );
  if (!champion) return {};
  const when = champion.tags[at] ? ` on ${champion.tags[at]}` : '';
  return {
    champion,
    standsInFor: `No version is champion yet. Compared with is version ${champion.version}, the newest that was approved before${when}.`,
  };
}

function newestBefore(candidate: Dated, versions: RegisteredModel[]): RegisteredModel | undefined {
  return versions.filter((each) => isEarlier(each, candidate)).sort((a, b) => (isEarlier(a, b) ? 1 : -1))[0];
}

type Dated = Pick<RegisteredModel, 'version' | 'createdAt'>;

function isEarlier(a: Dated, b: Dated): boolean {
  if (a.version === b.version) return false;
  const difference = (a.createdAt?.getTime() ?? NaN) - (b.createdAt?.getTime() ?? NaN);
  if (difference) return difference < 0;
  return a.version.localeCompare(b.version, 'en', { numeric: true }) < 0;
}
