/**
 * Draws the pictures of the marketplace page from a real run of the quickstart, in headless Chromium (named by CHROMIUM
 * where it lies elsewhere).
 *
 *   npm run pictures                                 from the run that is kept in images/source/run
 *   npm run pictures -- --run .local/runs/latest     from another run, which is kept from then on
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { startTabServer, type TabServer } from '../../test/tab/tabServer';
import { root } from '../taskManifest';
import { evidenceOf, keepEvidence, readEvidence, type Evidence } from './evidence';
import { scenes, sceneSize, sourceHash, type Scene } from './scenes';

export const sourcesFile = join(root, 'images', 'source', 'pictures.json');
const captionHeight = 44;

/** A strip above what is shown, of no program's style. */
async function addCaption(page: Page, caption: string): Promise<void> {
  await page.evaluate(
    `{
      const strip = document.createElement('div');
      strip.textContent = ${JSON.stringify(caption)};
      strip.style.cssText = 'position:fixed;inset:0 0 auto 0;z-index:1;box-sizing:border-box;height:${captionHeight}px;padding:12px 20px;background:#112c4a;color:#fff;font:15px/20px system-ui,"Segoe UI","DejaVu Sans",sans-serif';
      document.body.style.marginTop = '${captionHeight}px';
      document.body.prepend(strip);
    }`,
  );
}

async function openTab(page: Page, server: TabServer, { tab }: Scene, { attachments }: Evidence): Promise<void> {
  await page.goto(server.show({ theme: tab!.theme, attachments }));
  await page.waitForSelector('body[data-loaded="true"]');
  const frame = page.frameLocator('iframe');
  await frame.locator('#content:not([aria-busy])').waitFor();
  // The charts are there when each is decoded; what stands above the part to be shown is left out, and what has no room.
  await page.frames()[1]!.evaluate(
    `(async () => {
      document.documentElement.style.zoom = ${tab!.zoom ?? 1};
      await Promise.all([...document.images].map((image) => image.decode()));
      const part = document.querySelector(${JSON.stringify(tab!.from)});
      for (const other of document.querySelectorAll(${JSON.stringify(tab!.without ?? ':not(*)')})) other.style.display = 'none';
      for (let before = part.previousElementSibling; before; before = before.previousElementSibling) before.style.display = 'none';
    })()`,
  );
}

/** A palette is a third of the size, and the package has little room; without ImageMagick the picture stays as it is. */
function makeSmall(file: string): void {
  const palette = ['-strip', '+dither', '-colors', '64', '-define', 'png:compression-level=9', `PNG8:${file}`];
  const { status } = spawnSync('convert', [file, ...palette]);
  if (status !== 0) console.warn(`${file} is larger than need be: install ImageMagick, whose program is convert.`);
}

async function draw(evidence: Evidence): Promise<void> {
  const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const executablePath = process.env.CHROMIUM ?? programs.find((file) => existsSync(file));
  if (!executablePath) throw new Error('Chromium is not installed: apt-get install chromium, or set CHROMIUM.');
  const server = await startTabServer();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    for (const scene of scenes(evidence)) {
      const page = await browser.newPage({ viewport: sceneSize });
      if (scene.tab) await openTab(page, server, scene, evidence);
      else await page.setContent(scene.page!);
      await addCaption(page, scene.caption);
      const file = join(root, 'images', scene.file);
      await page.screenshot({ path: file });
      makeSmall(file);
      await page.close();
      console.log(`images/${scene.file}: ${(statSync(file).size / 1000).toFixed(0)} kB`);
    }
  } finally {
    await browser.close();
    await server.close();
  }
  const sources = scenes(evidence).map((scene) => [scene.file, sourceHash(scene, evidence)]);
  writeFileSync(sourcesFile, `${JSON.stringify(Object.fromEntries(sources), null, 2)}\n`);
}

/** The hashes of what the pictures were drawn from, by their files. */
export function drawnSources(): Record<string, string> {
  return JSON.parse(readFileSync(sourcesFile, 'utf8')) as Record<string, string>;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { run: { type: 'string' } } });
  if (values.run) keepEvidence(await evidenceOf(values.run));
  await draw(readEvidence());
}

if (require.main === module) {
  main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
