import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { hostilePage } from '../local/agent/hostilePage';
import { barriers, openBrowser } from './axe';

describe('the page of a local run', function () {
  this.timeout(60_000);
  let browser: Browser | undefined;

  before(async function () {
    browser = await openBrowser();
    if (!browser) this.skip();
  });
  after(async () => browser?.close());

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has no barrier that axe finds in any of its views, in ${colorScheme}, wide and at 390 and 320 pixels`, async () => {
      // The page's own policy allows no script but its own, and axe is one.
      const page = await browser!.newPage({ colorScheme, bypassCSP: true });
      await page.setContent(hostilePage());
      const views = await page.locator('nav a').allTextContents();
      assert.equal(views.length, 4);
      for (const width of [1280, 390, 320]) {
        await page.setViewportSize({ width, height: 800 });
        for (const [index, view] of views.entries()) {
          await page.locator('nav a').nth(index).click();
          assert.deepEqual(await barriers(page.mainFrame()), [], `${view} at ${width} pixels`);
        }
      }
      await page.close();
    });
  }
});
