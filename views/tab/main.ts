/**
 * The tab Model on a build's results and on the stage of a classic release: it reads what the tasks attached to their steps,
 * with the user's own rights, and shows it. It has no Azure credentials and sends nothing.
 */
import * as SDK from 'azure-devops-extension-sdk';
import { html } from '../html';
import { readReports, type Attachment } from '../reports';
import { reportsView } from '../reportsView';
import { buildAttachments, releaseAttachments, type Get, type ReleaseEnvironment } from './attachments';

/** Names of the host's services and areas. Source: azure-devops-extension-api, Common; Azure DevOps resource areas. */
const locationService = 'ms.vss-features.location-service';
const pageService = 'ms.vss-tfs-web.tfs-page-data-service';
const releaseArea = 'efc2f575-36ef-48e9-b672-0c6fb4a48ac5';

interface LocationService {
  getServiceLocation(): Promise<string>;
  getResourceAreaLocation(area: string): Promise<string>;
}

interface PageService {
  getProject(): Promise<{ id: string; name: string } | undefined>;
}

/** What the host hands to the tab: a build, or the stage of a release. */
interface Configuration {
  onBuildChanged?(handler: (build: { id: number; project?: { id: string } }) => void): void;
  releaseEnvironment?: ReleaseEnvironment;
}

/** Requests to an Azure DevOps host: relative addresses start there, whatever its name is. */
function getFrom(host: string): Get {
  return async (url) => {
    const absolute = new URL(url, host.endsWith('/') ? host : `${host}/`);
    const response = await fetch(absolute, {
      headers: { authorization: `Bearer ${await SDK.getAccessToken()}`, 'x-tfs-fedauthredirect': 'Suppress' },
    });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`Azure DevOps answered ${response.status} to ${absolute.pathname}.`);
    return await response.text();
  };
}

async function project(fallback?: string): Promise<string> {
  const page = await SDK.getService<PageService>(pageService);
  const found = (await page.getProject())?.id ?? fallback;
  if (!found) throw new Error('Azure DevOps did not say which project this run belongs to.');
  return found;
}

async function show(read: () => Promise<Attachment[]>): Promise<void> {
  const content = document.getElementById('content')!;
  try {
    content.innerHTML = reportsView(readReports(await read())).text;
  } catch (error) {
    const { message } = error as Error;
    content.innerHTML = html`<p class="note" role="alert">
      What the tasks left could not be read: ${message} Reload the page; the record is also in the artifact of the run.
    </p>`.text;
  }
  content.removeAttribute('aria-busy');
  SDK.resize();
}

async function showBuild({ id, project: own }: { id: number; project?: { id: string } }): Promise<void> {
  await show(async () => {
    const location = await SDK.getService<LocationService>(locationService);
    const get = getFrom(await location.getServiceLocation());
    return await buildAttachments(get, await project(own?.id), id);
  });
}

async function showRelease(environment: ReleaseEnvironment): Promise<void> {
  await show(async () => {
    const location = await SDK.getService<LocationService>(locationService);
    const get = getFrom(await location.getResourceAreaLocation(releaseArea));
    return await releaseAttachments(get, await project(), environment);
  });
}

document.addEventListener('click', (event) => {
  const button = (event.target as Element).closest<HTMLElement>('button[data-copy]');
  if (!button) return;
  void navigator.clipboard.writeText(button.dataset.copy!).then(() => (button.textContent = 'Copied'));
});

/** Pictures follow the light or dark of what they lie on, which the theme does not say but its colours do. */
function followTheme(): void {
  const [red = 255, green = 255, blue = 255] = (
    getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g) ?? []
  ).map(Number);
  const isDark = 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  document.documentElement.style.colorScheme = isDark ? 'dark' : 'light';
}

async function start(): Promise<void> {
  window.addEventListener('themeApplied', followTheme);
  await SDK.init({ loaded: false, applyTheme: true });
  // The stage of a release hands over each of its changes.
  SDK.register('mlops-release-stage', {
    updateContext: ({ releaseEnvironment }: Configuration) =>
      releaseEnvironment ? showRelease(releaseEnvironment) : undefined,
  });
  const configuration = SDK.getConfiguration() as Configuration;
  if (configuration.onBuildChanged) configuration.onBuildChanged((build) => void showBuild(build));
  else if (configuration.releaseEnvironment) await showRelease(configuration.releaseEnvironment);
  else await show(() => Promise.resolve([]));
  await SDK.notifyLoadSucceeded();
}

void start();
