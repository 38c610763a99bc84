import type { ModelRecord } from '../tasks/common/record/record';
import { html, type Html } from './html';

/** The Azure portal of each cloud, by the host of its Azure ML studio. Source: Azure's lists of endpoints by cloud. */
const portals: Record<string, string> = {
  'ml.azure.com': 'https://portal.azure.com',
  'ml.azure.us': 'https://portal.azure.us',
  'studio.ml.azure.cn': 'https://portal.azure.cn',
};

function hostOf(url: string | undefined): string {
  return /^https:\/\/([^/]+)\//.exec(url ?? '')?.[1] ?? '';
}

/** The page of an Azure resource in the portal; undefined in a cloud whose portal is not known, such as a local Azure. */
export function portalLink({ training }: ModelRecord, id: string | undefined): string | undefined {
  const portal = portals[hostOf(training?.studioUrl)];
  return portal && id?.startsWith('/subscriptions/') ? `${portal}/#@/resource${id}` : undefined;
}

/** The image's registry in the portal. */
export function imageLink(record: ModelRecord): string | undefined {
  return portalLink(record, record.image?.registryId);
}

/** A link that opens beside the run; the content only, where there is no address or it is none of the web. */
export function safeLink(url: string | undefined, content: Html | string): Html {
  if (!url || !/^https?:\/\//i.test(url)) return html`${content}`;
  return html`<a href="${url}" target="_blank" rel="noopener noreferrer">${content}</a>`;
}

/** The model's page in the studio, beside that of its job. */
function modelLink({ training, model }: ModelRecord): string | undefined {
  const host = hostOf(training?.studioUrl);
  if (!model?.workspace || !(host in portals)) return undefined;
  const { subscriptionId, resourceGroup, name } = model.workspace;
  const workspace = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${name}`;
  return `https://${host}/model/${encodeURIComponent(`${model.name}:${model.version}`)}/details?wsid=${encodeURIComponent(workspace)}`;
}

/** From the commit to the endpoint: each stage that the record knows, with its place. */
export function lineage(record: ModelRecord): Html {
  const { source, training, model, image, deployment } = record;
  const commit = source?.repository;
  const stations: Array<[kind: string, content: Html] | undefined> = [
    commit && ['Commit', html`<code>${commit.commit.slice(0, 8)}</code>`],
    source?.build && ['Build', safeLink(source.build.url, source.build.number)],
    training && ['Job', safeLink(training.studioUrl, training.jobName)],
    model && ['Model', safeLink(modelLink(record), `${model.name}:${model.version}`)],
    image && ['Image', safeLink(imageLink(record), html`<code>${image.digest.slice(0, 15)}…</code>`)],
    deployment && [
      'Endpoint',
      safeLink(portalLink(record, deployment.containerGroupId) ?? deployment.scoringUri, deployment.containerGroup),
    ],
  ];
  const shown = stations.filter((station) => station !== undefined);
  if (shown.length < 2) return html``;
  return html`
    <section class="card lineage-card">
      <h3>Lineage</h3>
      <ol class="lineage">
        ${shown.map(([kind, content]) => html`<li><small>${kind}</small><span>${content}</span></li>`)}
      </ol>
    </section>
  `;
}
