import { modelUrl, portalUrl } from '../tasks/common/record/places';
import { html, type Html } from './html';
import type { ShownRecord } from './readableRecord';

/** A link that opens beside the run; the content only, where there is no address or it is none of the web. */
export function safeLink(url: string | undefined, content: Html | string): Html {
  if (!url || !/^https?:\/\//i.test(url)) return html`${content}`;
  return html`<a href="${url}" target="_blank" rel="noopener noreferrer">${content}</a>`;
}

/** From the commit to the endpoint: each stage that the record knows, with its place. */
export function lineage(record: ShownRecord): Html {
  const { source, training, model, image, deployment } = record;
  const commit = source?.repository;
  const stations: Array<[kind: string, content: Html] | undefined> = [
    commit && ['Commit', html`<code>${commit.commit.slice(0, 8)}</code>`],
    source?.build && ['Build', safeLink(source.build.url, source.build.number)],
    training && ['Job', safeLink(training.studioUrl, training.jobName)],
    model && ['Model', safeLink(modelUrl(record), `${model.name}:${model.version}`)],
    image && ['Image', safeLink(portalUrl(record, image.registryId), html`<code>${image.digest.slice(0, 15)}…</code>`)],
    deployment && [
      'Endpoint',
      safeLink(portalUrl(record, deployment.containerGroupId) ?? deployment.scoringUri, deployment.containerGroup),
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
