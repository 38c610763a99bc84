import type { Models, RegisteredModel } from '../common/azure/ml/models';
import { TaskFailure } from '../common/taskFailure';
import type { EvaluateInputs } from './inputs';

/**
 * Finds whom the candidate is compared with.
 * @returns undefined where no version carries the champion tag yet (or the input says that there is none)
 * @throws where the registry cannot be read, or the version that was named does not exist: neither means "no champion"
 */
export async function findChampion(
  models: Pick<Models, 'champion' | 'find'>,
  candidate: Pick<RegisteredModel, 'name'>,
  inputs: Pick<EvaluateInputs, 'champion' | 'championVersion'>,
): Promise<RegisteredModel | undefined> {
  if (inputs.champion === 'none') return undefined;
  if (inputs.champion === 'tagged') return models.champion(candidate.name);
  const version = inputs.championVersion!;
  const champion = await models.find(candidate.name, version);
  if (champion) return champion;
  throw new TaskFailure(
    `Input championVersion: the model "${candidate.name}" has no version "${version}".`,
    'Name a version that is registered, or set the input champion to "tagged".',
  );
}
