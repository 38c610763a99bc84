import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import type { ModelRecord } from '../../tasks/common/record/record';
import { residualPlot } from '../../tasks/common/charts/residualPlot';
import type { Attachment } from '../../views/reports';
import { barriers, openBrowser } from './axe';
import { startTabServer, themes, type TabRun, type TabServer } from './tabServer';

const record = JSON.parse(
  readFileSync(path.join(__dirname, '../contract/records/schema-1.json'), 'utf8'),
) as ModelRecord;

const attachment = (step: string, content: unknown): Attachment => ({
  type: 'mlops.record',
  name: 'mlops-record.json',
  step,
  content: JSON.stringify(content),
});
const chart: Attachment = {
  type: 'mlops.picture',
  name: 'residuals.svg',
  step: 'test',
  content: residualPlot('rmse', [1, 2, 3], [1.1, 1.9, 3.2]),
};
const contents: Attachment = {
  type: 'mlops.contents',
  name: 'sbom.cdx.json',
  step: 'a',
  content: JSON.stringify({ components: [{ name: 'numpy', version: '2.1.0' }] }),
};

describe('the tab Model', function () {
  this.timeout(60_000);
  let server: TabServer;
  let browser: Browser;
  let page: Page;

  before(async function () {
    const opened = await openBrowser();
    if (!opened) return this.skip();
    browser = opened;
    server = await startTabServer();
  });
  beforeEach(async () => (page = await browser.newPage({ viewport: { width: 1280, height: 900 } })));
  afterEach(async () => page?.close());
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  async function open(run: TabRun): Promise<FrameLocator> {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(server.show(run));
    await page.waitForSelector('body[data-loaded="true"]');
    const tab = page.frameLocator('iframe');
    await tab.locator('#content:not([aria-busy])').waitFor();
    assert.deepEqual(errors, []);
    return tab;
  }

  it('shows decision, criteria, lineage and charts of a build, from what its steps attached', async () => {
    const tab = await open({
      attachments: [attachment('train', { ...record, tests: undefined }), attachment('test', record), chart],
    });
    assert.equal(await tab.locator('.report').count(), 1);
    assert.match(await tab.locator('.stamp').innerText(), /approved/i);
    assert.equal(await tab.locator('.criteria tbody tr').count(), record.evaluation!.criteria.length);
    assert.match(await tab.locator('.lineage').innerText(), /Commit[\s\S]*Endpoint/);
    assert.equal(await tab.locator('.pictures img').count(), 1);
    const width = await tab
      .locator('.pictures img')
      .evaluate(async (image: { decode(): Promise<void>; naturalWidth: number }) => {
        await image.decode();
        return image.naturalWidth;
      });
    assert.ok(width > 0, 'the chart cannot be drawn');
    assert.match(
      server.requests.join('\n'),
      /GET \/contoso\/a-project\/_apis\/build\/builds\/\d+\/attachments\/mlops\.record\?/,
    );
    const asked = server.requests.filter((request) => request.includes('/_apis/'));
    assert.ok(asked.length > 2 && asked.every((request) => request.endsWith('Bearer a-token-of-the-user')));
  });

  it('shows the last attempt of a classic release by the routes of releases', async () => {
    const tab = await open({ kind: 'release', attachments: [attachment('test', record)] });
    assert.match(await tab.locator('.report h2').innerText(), new RegExp(record.model!.name));
  });

  it('says something useful where there is no model, where the server refuses, and where a record was cut', async () => {
    assert.match(await (await open({ attachments: [] })).locator('main').innerText(), /No model in this run yet/);
    const refused = await open({ attachments: [attachment('a', record)], failsWith: 403 });
    assert.match(await refused.locator('[role=alert]').innerText(), /Azure DevOps answered 403/);
  });

  it('says of a cut record and of one of a newer version which step left it, and shows what it can', async () => {
    const text = JSON.stringify(record);
    const cut = { ...attachment('Deploy it', record), content: text.slice(0, text.indexOf('"deployment"') + 50) };
    const tab = await open({ attachments: [cut] });
    assert.match(await tab.locator('.note').innerText(), /the step "Deploy it" was cut off/);
    assert.match(await tab.locator('.report').innerText(), new RegExp(record.image!.digest));
    const newer = await open({ attachments: [attachment('Test it', { ...record, schemaVersion: 2 })] });
    assert.match(await newer.locator('.note').innerText(), /newer version of the extension/);
    assert.match(await newer.locator('.report h2').innerText(), new RegExp(record.model!.name));
  });

  for (const theme of Object.keys(themes) as Array<keyof typeof themes>) {
    it(`has no barrier that axe finds, in ${theme}, wide and at 320 pixels`, async () => {
      const rejected = structuredClone(record);
      rejected.evaluation!.decision = 'rejected';
      rejected.evaluation!.criteria[0]!.passed = false;
      rejected.model!.version = '7';
      rejected.tests!.cases[0] = { name: 'one diamond', kind: 'request', passed: false, message: 'answered 7, not 8' };
      rejected.tests!.findings = [{ sent: 'an empty body', answered: 'answered 500', remedy: 'Answer 400.' }];
      await open({ theme, attachments: [attachment('a', record), chart, attachment('b', rejected), contents] });
      assert.deepEqual(await barriers(page.frames()[1]!), []);
      await page.setViewportSize({ width: 320, height: 800 });
      assert.deepEqual(await barriers(page.frames()[1]!), []);
    });
  }

  it('can be used by keyboard', async () => {
    const tab = await open({ attachments: [attachment('test', record)] });
    await tab.locator('main').click();
    await page.keyboard.press('Tab');
    const focused = await page.frames()[1]!.evaluate('document.activeElement.tagName');
    assert.match(String(focused), /^(A|BUTTON)$/);
  });
});
