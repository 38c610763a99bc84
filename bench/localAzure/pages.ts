/** How long the pages of the lists and searches of a local Azure take. */
import { workspaceId, type MlWorkspace } from '../../test/support/mlWorkspace';
import { median } from '../rows';
import { openRegistry } from './fill';

export const rounds = 5;

/** Milliseconds of the slowest page. */
type List = () => Promise<number>;

export async function timePages(workspace: MlWorkspace): Promise<Array<{ name: string; ours: number }>> {
  const rows: Array<{ name: string; ours: number }> = [];
  for (const [name, list] of Object.entries({
    ...modelsAndJobs(workspace),
    ...images(workspace),
    ...(await runs(workspace)),
  })) {
    const slowest: number[] = [];
    for (let round = 0; round < rounds; round++) slowest.push(await list());
    rows.push({ name, ours: median(slowest) });
  }
  return rows;
}

async function timed(workspace: MlWorkspace, method: 'GET' | 'POST', url: string, body?: object) {
  const started = performance.now();
  const answer = await workspace.call(method, url, body);
  if (answer.status !== 200) throw new Error(`${url} was answered by ${answer.status}: ${JSON.stringify(answer.body)}`);
  return { milliseconds: performance.now() - started, body: answer.body as object };
}

/** Follows a list from its first page to its last. */
async function slowestPage(first: string, get: (url: string) => Promise<{ milliseconds: number; next?: string }>) {
  let slowest = 0;
  for (let url: string | undefined = first; url;) {
    const page: { milliseconds: number; next?: string } = await get(url);
    slowest = Math.max(slowest, page.milliseconds);
    url = page.next;
  }
  return slowest;
}

function modelsAndJobs(workspace: MlWorkspace): Record<string, List> {
  const list = (path: string) => () =>
    slowestPage(workspace.arm(path), async (url) => {
      const { milliseconds, body } = await timed(workspace, 'GET', url);
      const { nextLink } = body as { nextLink?: string };
      const next = nextLink ? new URL(nextLink) : undefined;
      return { milliseconds, next: next && `${next.pathname}${next.search}` };
    });
  return {
    'list of models, a page': list('/models'),
    "list of a model's versions, a page": list('/models/bench/versions'),
    'versions of a model by a tag, a page': list('/models/bench/versions?tags=stage=champion'),
    'list of jobs, a page': list('/jobs'),
    'jobs by a tag, a page': list('/jobs?tag=n=0'),
  };
}

function images({ azure }: MlWorkspace): Record<string, List> {
  const registry = openRegistry(azure);
  const list = (first: string) => () => slowestPage(first, (url) => registry.get(url));
  return {
    'list of repositories, a page': list('/v2/_catalog?n=100'),
    "list of a repository's tags, a page": list('/acr/v1/bench/_tags?n=100'),
    "list of a repository's images, a page": list('/acr/v1/bench/_manifests?n=100'),
  };
}

async function runs(workspace: MlWorkspace): Promise<Record<string, List>> {
  const mlflow = `/mlflow/v1.0${workspaceId}/api/2.0/mlflow`;
  const { body } = await timed(workspace, 'POST', `${mlflow}/experiments/search`, { max_results: 10 });
  const experiment_ids = (body as { experiments: Array<{ experiment_id: string }> }).experiments.map(
    (each) => each.experiment_id,
  );
  const search = (query: object) => async () => {
    const asked = { experiment_ids, max_results: 100, ...query };
    return (await timed(workspace, 'POST', `${mlflow}/runs/search`, asked)).milliseconds;
  };
  const named = `${mlflow}/model-versions/search?max_results=100&filter=${encodeURIComponent("name = 'model-9999'")}`;
  return {
    'search of a model by its name': async () => (await timed(workspace, 'GET', named)).milliseconds,
    'search of runs by a tag': search({ filter: "tags.n = '0'" }),
    'search of runs by a metric': search({ filter: 'metrics.rmse < 1' }),
    'search of runs by their status, newest first': search({
      filter: "attributes.status = 'FINISHED'",
      order_by: ['start_time DESC'],
    }),
  };
}
