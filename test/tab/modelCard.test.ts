import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { cardHtml } from '../../tasks/common/modelCard/cardHtml';
import { modelCard } from '../../tasks/common/modelCard/modelCard';
import { exampleRecord } from '../unit/common/modelCard/exampleRecord';
import { barriers, openBrowser } from './axe';

describe('the page of a model card', function () {
  this.timeout(60_000);
  let browser: Browser | undefined;

  before(async function () {
    browser = await openBrowser();
    if (!browser) this.skip();
  });
  after(async () => browser?.close());

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has no barrier that axe finds, in ${colorScheme}, wide and at 390 and 320 pixels`, async () => {
      // The page's own policy allows no script, and axe is one.
      const page = await browser!.newPage({ colorScheme, bypassCSP: true });
      for (const record of [exampleRecord(), exampleRecord({ image: null, deployment: null, tests: null })]) {
        await page.setContent(cardHtml(modelCard(record)!));
        for (const width of [1280, 390, 320]) {
          await page.setViewportSize({ width, height: 800 });
          assert.deepEqual(await barriers(page.mainFrame()), [], `at ${width} pixels`);
        }
      }
      await page.close();
    });
  }
});
