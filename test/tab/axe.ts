import { existsSync, readFileSync } from 'node:fs';
import { chromium, type Browser, type Frame } from 'playwright-core';

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** @returns undefined where there is no Chromium, which is an error on CI */
export async function openBrowser(): Promise<Browser | undefined> {
  const program = process.env.CHROMIUM ?? programs.find((file) => existsSync(file));
  if (program) return chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  if (process.env.CI) throw new Error('CI must have Chromium: apt-get install chromium, or CHROMIUM names it.');
  console.log('      Chromium is not installed, so pages are not tried: apt-get install chromium, or set CHROMIUM.');
  return undefined;
}

/** What axe finds wrong in a page, and how many pixels it is too wide. */
export async function barriers(frame: Frame): Promise<string[]> {
  await frame.evaluate(axe);
  const { violations } = await frame.evaluate<{
    violations: Array<{ id: string; nodes: Array<{ html: string; failureSummary: string }> }>;
  }>('axe.run(document)');
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
  const overflow = await frame.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  return overflow > 0 ? [...found, `it is ${overflow} pixels too wide`] : found;
}
