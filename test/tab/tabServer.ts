import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { buildTab } from '../../scripts/buildTab';
import type { Attachment } from '../../views/reports';
import { temporaryFolder } from '../support/agent';

/** Colours as Azure DevOps hands them to an extension; the names are those of azure-devops-ui. */
export const themes: Record<'light' | 'dark' | 'highContrast', Record<string, string>> = {
  light: {
    'background-color': '#ffffff',
    'text-primary-color': 'rgba(0, 0, 0, 0.9)',
    'text-secondary-color': 'rgba(0, 0, 0, 0.62)',
    'communication-foreground': '#005a9e',
    'palette-neutral-2': '248, 248, 248',
    'palette-neutral-6': '239, 239, 239',
    'palette-neutral-10': '218, 218, 218',
    'palette-neutral-30': '166, 166, 166',
  },
  dark: {
    'background-color': '#201f1e',
    'text-primary-color': 'rgba(255, 255, 255, 0.9)',
    'text-secondary-color': 'rgba(255, 255, 255, 0.7)',
    'communication-foreground': '#6cb8f6',
    'palette-neutral-2': '45, 44, 43',
    'palette-neutral-6': '59, 58, 57',
    'palette-neutral-10': '72, 70, 68',
    'palette-neutral-30': '121, 119, 117',
    'status-success-text': '#92c353',
    'status-success-background': '#393d1b',
    'status-error-text': '#f1bbbc',
    'status-error-background': '#442726',
    'status-warning-text': '#fed835',
    'status-warning-background': '#433519',
  },
  highContrast: {
    'background-color': '#000000',
    'text-primary-color': '#ffffff',
    'text-secondary-color': '#ffffff',
    'communication-foreground': '#ffff00',
    'palette-neutral-2': '0, 0, 0',
    'palette-neutral-6': '0, 0, 0',
    'palette-neutral-10': '255, 255, 255',
    'palette-neutral-30': '255, 255, 255',
    'status-success-text': '#3ff23f',
    'status-success-background': '#000000',
    'status-error-text': '#ff9d9d',
    'status-error-background': '#000000',
    'status-warning-text': '#ffff00',
    'status-warning-background': '#000000',
  },
};

/** A run that the host page shows. */
export interface TabRun {
  theme?: keyof typeof themes;
  attachments: Attachment[];
  /** A build, unless it is the stage of a release. */
  kind?: 'build' | 'release';
  /** Answers of the REST routes are errors of this status. */
  failsWith?: number;
}

export interface TabServer {
  /** The address of a host page that shows the run. */
  show(run: TabRun): string;
  /** What was asked of the REST routes: method, path and authorization. */
  readonly requests: string[];
  close(): Promise<void>;
}

const recordIds = (attachments: Attachment[]): Map<string, string> =>
  new Map(
    [...new Set(attachments.map(({ step }) => step))].map((step, index) => [
      step,
      `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    ]),
  );

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves the built tab from one origin, and a host page with the REST routes of attachments from another. */
export async function startTabServer(): Promise<TabServer> {
  const folder = temporaryFolder();
  await buildTab(folder);
  const bundle = await build({
    entryPoints: [path.join(__dirname, 'host.mjs')],
    bundle: true,
    write: false,
    format: 'iife',
    logLevel: 'silent',
  });
  const hostScript = bundle.outputFiles[0]!.text;
  const runs: TabRun[] = [];
  const requests: string[] = [];

  const files = createServer((request, response) => {
    const name = path.basename(new URL(request.url!, 'http://x').pathname);
    const type = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript' }[path.extname(name)];
    if (!type) return void response.writeHead(404).end();
    // As the marketplace's content delivery serves an extension's files.
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(readFileSync(path.join(folder, name)));
  });
  const tab = `${await listen(files)}/tab/index.html`;

  let api = '';
  const host = createServer((request, response) => {
    const { pathname } = new URL(request.url!, api);
    const page = /^\/show\/(\d+)$/.exec(pathname);
    if (page) return hostPage(response, tab, api, runs[Number(page[1])]!, Number(page[1]), hostScript);
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'authorization, x-tfs-fedauthredirect');
    if (request.method === 'OPTIONS') return void response.writeHead(200).end();
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    answerRest(response, pathname, runs, api);
  });
  api = await listen(host);

  return {
    requests,
    show(run) {
      runs.push(run);
      return `${api}/show/${runs.length - 1}`;
    },
    async close() {
      for (const server of [files, host]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function hostPage(response: ServerResponse, tab: string, api: string, run: TabRun, id: number, script: string): void {
  const hosted = {
    tab,
    api,
    theme: themes[run.theme ?? 'light'],
    ...(run.kind === 'release'
      ? {
          releaseEnvironment: {
            id: 3,
            releaseId: id,
            deploySteps: [
              { attempt: 1, releaseDeployPhases: [{ runPlanId: 'an-old-plan' }] },
              { attempt: 2, releaseDeployPhases: [{ runPlanId: 'a-plan' }] },
            ],
          },
        }
      : { build: { id, project: { id: 'a-project' } } }),
  };
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html>
<html lang="en"><head><title>A run</title><style>body{margin:0}iframe{width:100%;height:100vh;border:0}</style></head>
<body><script>window.run = ${JSON.stringify(hosted).replaceAll('<', '\\u003c')}</script><script>${script}</script></body></html>`);
}

/** GET …/builds/<run>/attachments/<type>, …/releases/<run>/…/attachments/<type>, the content of one, and a build's timeline. */
function answerRest(response: ServerResponse, pathname: string, runs: TabRun[], api: string): void {
  const list = /^\/contoso\/a-project\/_apis\/build\/builds\/(\d+)\/attachments\/([^/]+)$/.exec(pathname);
  const releaseList =
    /^\/vsrm\/contoso\/a-project\/_apis\/release\/releases\/(\d+)\/environments\/3\/attempts\/2\/plan\/a-plan\/attachments\/([^/]+)$/.exec(
      pathname,
    );
  const content = /\/(?:builds|releases)\/(\d+)\/.*\/([0-9a-f-]{36})\/attachments\/([^/]+)\/([^/]+)$/.exec(pathname);
  const timeline = /^\/contoso\/a-project\/_apis\/build\/builds\/(\d+)\/timeline$/.exec(pathname);
  const found = list ?? releaseList ?? content ?? timeline;
  const run = found && runs[Number(found[1])];
  if (!run) return void response.writeHead(404).end();
  if (run.failsWith) return void response.writeHead(run.failsWith).end();
  const ids = recordIds(run.attachments);
  if (content) {
    const [, , recordId, type, name] = content;
    const one = run.attachments.find(
      (each) => ids.get(each.step) === recordId && each.type === type && each.name === decodeURIComponent(name!),
    );
    return void response.writeHead(one ? 200 : 404).end(one?.content);
  }
  if (timeline) {
    const records = [...ids].map(([name, id]) => ({ id, name, type: 'Task', attempt: 1 }));
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ records }));
  }
  const value = run.attachments
    .filter(({ type }) => type === found[2])
    .map(({ type, name, step }) => {
      const recordId = ids.get(step)!;
      const base = `${api}/contoso/a-project/_apis/build/builds/${found[1]}/11111111-0000-4000-8000-000000000000/${recordId}`;
      return {
        name,
        type,
        recordId,
        timelineId: '11111111-0000-4000-8000-000000000000',
        _links: { self: { href: `${base}/attachments/${type}/${encodeURIComponent(name)}` } },
      };
    });
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ count: value.length, value }));
}
