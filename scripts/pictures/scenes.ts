/** What each picture shows, as HTML: the same views and texts that users see, in a plain frame with a caption. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import MarkdownIt from 'markdown-it';
import { readReports } from '../../views/reports';
import { reportsView } from '../../views/reportsView';
import { formAtFirst } from '../taskForm';
import { readTask, root } from '../taskManifest';
import type { Evidence } from './evidence';

export interface Scene {
  /** The picture's file in images/. */
  file: string;
  caption: string;
  /** The tab in its host page, from one of its parts on, without those that would leave the rest no room; or a page of its own. */
  tab?: { theme: 'light' | 'dark'; from: string; without?: string; zoom?: number };
  page?: string;
}

/** What the marketplace shows without scaling, in pixels. */
export const sceneSize = { width: 1366, height: 768 };

const pageStyle = `
  body { margin: 0; padding: 24px 40px; background: #fff; color: #1c2330; font: 15px/1.5 system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; }
  table { border-collapse: collapse; margin: 12px 0; }
  th, td { padding: 7px 14px; border: 1px solid #d5dae2; text-align: left; }
  code { padding: 1px 4px; background: #eef0f4; border-radius: 3px; font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-size: 13px; }
  h2 { margin: 0 0 10px; font-size: 22px; }
  h3 { margin: 18px 0 6px; font-size: 17px; }
  .good { color: #106010; }
  .bad { color: #b01020; }
  .forms { display: flex; gap: 24px; justify-content: center; align-items: start; }
`;

const page = (content: string): string => `<style>${pageStyle}</style>${content}`;

/** Markdown as HTML. Fonts of a server have no emoji. */
function rendered(markdown: string): string {
  return new MarkdownIt({ html: true })
    .render(markdown)
    .replaceAll('✅', '<span class="good">✔</span>')
    .replaceAll('❌', '<span class="bad">✖</span>');
}

/** The pictures of the marketplace page. None imitates Azure DevOps around what is ours, and each says what it is. */
export function scenes({ summary, post }: Evidence): Scene[] {
  const form = (folder: string): string => formAtFirst(readTask(folder));
  const run = 'a run of the quickstart on the local Azure';
  return [
    {
      file: 'tab-light.png',
      caption: `The tab “Model” of ${run}: the decision, the metrics and the lineage. Shown without Azure DevOps around it.`,
      tab: { theme: 'light', from: '.model' },
    },
    {
      file: 'tab-dark.png',
      caption: `Further down the tab, in the dark theme: lineage, slices of the data, training and image of ${run}.`,
      tab: { theme: 'dark', from: '.lineage-card' },
    },
    {
      file: 'tab-charts.png',
      caption: `Four charts of the tab: history against the limit, residuals and latency of ${run}.`,
      tab: { theme: 'light', from: '.charts', without: '.charts img:is(:nth-of-type(2), :nth-of-type(3))', zoom: 1.04 },
    },
    {
      file: 'summary.png',
      caption: `Evaluate's summary in ${run}. Rendered from its Markdown.`,
      page: page(rendered(summary)),
    },
    {
      file: 'pull-request.png',
      caption: `Evaluate's comment and status on a pull request, posted to a stand-in of Azure Repos; the model is that of ${run}.`,
      page: page(
        `${rendered(post.comment)}<h3>Status of the pull request</h3>${rendered(
          `\`${post.status.context.genre}/${post.status.context.name}\`: **${post.status.state}**. ${post.status.description}`,
        )}`,
      ),
    },
    {
      file: 'form.png',
      caption: 'Previews of the forms of Evaluate and Deploy-ACI as they open, drawn from their task.json.',
      page: page(`<div class="forms" style="zoom: 0.84">${form('Evaluate')}${form('DeployACI')}</div>`),
    },
  ];
}

/** Changes whenever what a picture shows would change: it is kept beside the picture, and a test compares it. */
export function sourceHash(scene: Scene, { attachments }: Evidence): string {
  const views = (): string =>
    ['views/model.css', 'views/tab/tab.css'].map((file) => readFileSync(join(root, file), 'utf8')).join('') +
    reportsView(readReports(attachments)).text;
  const { caption, tab, page: own } = scene;
  const source = JSON.stringify({ caption, tab, size: sceneSize }) + (own ?? views());
  return createHash('sha256').update(source).digest('hex');
}
