import type { ModelTags } from '../../common/azure/ml/modelTags';
import { byClaim, championTag, claimOf, type RegisteredModel } from '../../common/azure/ml/registeredModel';
import type { Clock } from '../../common/clock';
import { requireHomeWorkspace } from '../../common/record/homeWorkspace';
import type { ModelRecord } from '../../common/record/record';
import { TaskFailure } from '../../common/taskFailure';
import type { Inputs } from '../inputs';
import type { AzureServices } from '../services';

/**
 * Promotes the record's model, if it may be promoted.
 * @throws TaskFailure if the record names no model, a rejected one, or one of another workspace
 */
export async function promoteModel(
  { resourceGroup, workspace }: Pick<Inputs, 'resourceGroup' | 'workspace'>,
  azure: Pick<AzureServices, 'subscriptionId' | 'models'>,
  record: ModelRecord | undefined,
  clock: Clock,
): Promise<Promotion> {
  const model = record?.model;
  if (!model) {
    throw new TaskFailure(
      'promoteToChampion needs a model record that names a model.',
      'Run Train and the later tasks before this one.',
    );
  }
  if (record.evaluation?.decision === 'rejected') {
    throw new TaskFailure(
      `${model.name}:${model.version} is not promoted, because Evaluate rejected it: ${record.evaluation.reason}`,
      'Every later model would be compared with it. Promote an approved one, or turn promoteToChampion off.',
    );
  }
  const named = {
    subscriptionId: azure.subscriptionId,
    resourceGroup: resourceGroup ?? model.workspace.resourceGroup,
    name: workspace ?? model.workspace.name,
  };
  requireHomeWorkspace(model, named, 'Promote');
  return promote(azure.models(named.resourceGroup, named.name), model.name, model.version, clock);
}

/** What became of the title. */
export interface Promotion {
  readonly champion: RegisteredModel;
  /** Versions that lost it. */
  readonly dethroned: readonly string[];
  /** Whether the version that was to have it has it. */
  readonly isChampion: boolean;
}

/** The part of the model registry that promotion needs. */
export type ChampionRegistry = Pick<ModelTags, 'withTags' | 'tag'>;

/**
 * Makes this version the champion: the one whose champion tag holds the latest time. Azure ML has no transaction over
 * two versions, so each release first claims the title with its time and then looks who else holds one: the later claim
 * stays, the earlier goes, whoever of two concurrent releases looks first.
 *
 * The claim is later than every one that was there before, whatever this agent's clock says: only a release that runs at
 * the same time can win against it.
 */
export async function promote(
  models: ChampionRegistry,
  name: string,
  version: string,
  clock: Clock,
): Promise<Promotion> {
  const holders = () => models.withTags(name, [championTag], 50);
  const time = Math.max(clock.now(), ...(await holders()).map((each) => claimOf(each) + 1));
  const claimed = await models.tag(name, version, { [championTag]: new Date(time).toISOString() });
  // The listing may lag behind our own write.
  const others = (await holders()).filter((each) => each.version !== version);
  const [champion, ...losers] = [claimed, ...others].sort(byClaim) as [RegisteredModel, ...RegisteredModel[]];
  for (const loser of losers) await models.tag(name, loser.version, { [championTag]: undefined });
  return {
    champion,
    dethroned: losers.map((each) => each.version).filter((each) => each !== version),
    isChampion: champion.version === version,
  };
}
