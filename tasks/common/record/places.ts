import type { DeploymentSection, EvaluationSection, ImageSection, ModelSection, TrainingSection } from './record';

/** The Azure portal of each cloud, by the host of its Azure ML studio. Source: Azure's lists of endpoints by cloud. */
const portals: Record<string, string> = {
  'ml.azure.com': 'https://portal.azure.com',
  'ml.azure.us': 'https://portal.azure.us',
  'studio.ml.azure.cn': 'https://portal.azure.cn',
};

/** Where people look at something that the record names. */
export interface Place {
  readonly name: string;
  readonly url: string;
}

function hostOf(url: string | undefined): string {
  return /^https:\/\/([^/]+)\//.exec(url ?? '')?.[1] ?? '';
}

/** What the places are found by: of each section, as far as it is known, a little. */
interface Known {
  readonly training?: Pick<TrainingSection, 'studioUrl'>;
  readonly model?: Pick<ModelSection, 'name' | 'version'> & Partial<Pick<ModelSection, 'workspace'>>;
  readonly evaluation?: { readonly build?: Pick<NonNullable<EvaluationSection['build']>, 'url'> };
  readonly image?: Pick<ImageSection, 'registryId'>;
  readonly deployment?: Pick<DeploymentSection, 'containerGroupId'>;
}

/** The page of an Azure resource in the portal; undefined in a cloud whose portal is not known, such as a local Azure. */
export function portalUrl({ training }: Pick<Known, 'training'>, id: string | undefined): string | undefined {
  const portal = portals[hostOf(training?.studioUrl)];
  return portal && id?.startsWith('/subscriptions/') ? `${portal}/#@/resource${id}` : undefined;
}

/** The model's page in the studio, beside that of its job. */
export function modelUrl({ training, model }: Pick<Known, 'training' | 'model'>): string | undefined {
  const host = hostOf(training?.studioUrl);
  if (!model?.workspace || !(host in portals)) return undefined;
  const { subscriptionId, resourceGroup, name } = model.workspace;
  const workspace = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${name}`;
  return `https://${host}/model/${encodeURIComponent(`${model.name}:${model.version}`)}/details?wsid=${encodeURIComponent(workspace)}`;
}

/** Where a build's artifacts are listed. */
export const artifactsUrl = (buildUrl: string): string => `${buildUrl}&view=artifacts&type=publishedArtifacts`;

/** The artifacts of the build that evaluated the model and left its card there; undefined where none did, or it is not known. */
export function cardUrl({ model, evaluation }: Pick<Known, 'model' | 'evaluation'>): string | undefined {
  const url = evaluation?.build?.url;
  return model && url && /^https?:/.test(url) ? artifactsUrl(url) : undefined;
}

/** What a summary links to: the page of each thing that the record knows so far. */
export function placesOf(record: Known): Place[] {
  const { training, image, deployment } = record;
  const job = /^https:\/\//.test(training?.studioUrl ?? '') ? training!.studioUrl : undefined;
  return [
    { name: 'Job in the studio', url: job },
    { name: 'Model in the studio', url: modelUrl(record) },
    { name: 'Model card in the artifacts of the build', url: cardUrl(record) },
    { name: 'Container registry in the portal', url: portalUrl(record, image?.registryId) },
    { name: 'Container group in the portal', url: portalUrl(record, deployment?.containerGroupId) },
  ].filter((place): place is Place => place.url !== undefined);
}
