import type { FastifyInstance } from 'fastify';
import { notFound } from '../mlError';
import type { MetricStore } from './metricStore';
import { hasEnded, type Run, type RunStore } from './runStore';

/** Where a job's Studio link leads to in the local cloud: a page that says how the run goes. It holds no logs and no keys. */
export function registerRunPage(app: FastifyInstance, runs: RunStore, metrics: MetricStore): void {
  app.get<{ Params: { run: string } }>('/runs/:run', async (request, reply) => {
    const run = runs.get(request.params.run);
    if (!run) throw notFound(`Run ${request.params.run}`);
    return reply.type('text/html; charset=utf-8').send(page(run, runs, metrics));
  });
}

function page(run: Run, runs: RunStore, metrics: MetricStore): string {
  const latest = metrics.latest(run.runId).map(({ key, value }): [string, string] => [key, String(value)]);
  const children = runs.childrenOf(run.runId);
  const facts: Array<[string, string | undefined]> = [
    ['Status', run.status],
    ['Experiment', run.experimentName],
    ['Compute', run.target],
    ['Created', run.createdUtc],
    ['Started', run.startTimeUtc],
    ['Ended', run.endTimeUtc],
    ['Error', run.error?.message],
    ...run.warnings.map(({ message }): [string, string] => ['Note', message]),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(run.displayName ?? run.runId)}</title>
${hasEnded(run.status) ? '' : '<meta http-equiv="refresh" content="2">'}
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin-bottom:1.5rem}td{padding:.2rem 1rem .2rem 0;vertical-align:top;overflow-wrap:anywhere}
td:first-child{color:#666}</style></head><body>
<h1>${escape(run.displayName ?? run.runId)}</h1>
${table(facts)}
${section('Metrics', latest)}${section('Parameters', Object.entries(run.params))}${section('Tags', Object.entries(run.tags))}
${section('Properties', Object.entries(run.properties))}
${children.length > 0 ? '<h2>Child runs</h2><ul>' : ''}${children.map(link).join('')}${children.length > 0 ? '</ul>' : ''}
</body></html>`;
}

const link = (run: Run): string =>
  `<li><a href="/runs/${encodeURIComponent(run.runId)}">${escape(run.displayName ?? run.runId)}</a> ${run.status}</li>`;

function section(title: string, rows: Array<[string, string]>): string {
  return rows.length > 0 ? `<h2>${title}</h2>${table(rows)}` : '';
}

function table(rows: Array<[string, string | undefined]>): string {
  const filled = rows.filter(([, value]) => value);
  return `<table>${filled.map(([name, value]) => `<tr><td>${escape(name)}</td><td>${escape(value ?? '')}</td></tr>`).join('')}</table>`;
}

/** Names and messages come from jobs: nothing in them may become part of the page's own text. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
