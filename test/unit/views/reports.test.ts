import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { lineage, safeLink } from '../../../views/lineage';
import { modelView } from '../../../views/modelView';
import { readReports, type Attachment } from '../../../views/reports';
import { reportsView } from '../../../views/reportsView';

const full = JSON.parse(
  readFileSync(path.join(__dirname, '../../contract/records/schema-1.json'), 'utf8'),
) as ModelRecord;

/** The record as it was after a stage. */
function until(...sections: Array<keyof ModelRecord>): ModelRecord {
  const { schemaVersion, sha256 } = full;
  return Object.assign({ schemaVersion, sha256 }, ...sections.map((name) => ({ [name]: full[name] }))) as ModelRecord;
}

const attached = (step: string, record: unknown): Attachment => ({
  type: 'mlops.record',
  name: 'mlops-record.json',
  step,
  content: typeof record === 'string' ? record : JSON.stringify(record),
});
const picture = (
  step: string,
  name: string,
  content = '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
): Attachment => ({
  type: 'mlops.picture',
  name,
  step,
  content,
});

describe('what a run shows of its models', () => {
  it('is one report for the steps of one chain, from the fullest record, with the pictures of all of them', () => {
    const { reports, notes } = readReports([
      attached('train', until('source', 'training', 'model')),
      attached('evaluate', until('source', 'training', 'model', 'evaluation')),
      picture('evaluate', 'history-rmse.svg'),
      attached('test', full),
      picture('test', 'latency.svg'),
    ]);
    assert.deepEqual(notes, []);
    assert.equal(reports.length, 1);
    assert.ok(reports[0]!.record.tests);
    assert.deepEqual(
      reports[0]!.pictures.map(({ name }) => name),
      ['history-rmse.svg', 'latency.svg'],
    );
  });

  it('keeps two models and two deployments of one model apart', () => {
    const other = structuredClone(full);
    other.model!.version = '2';
    const staging = structuredClone(full);
    staging.deployment!.containerGroupId += '-staging';
    assert.equal(readReports([attached('a', full), attached('b', other), attached('c', staging)]).reports.length, 3);
  });

  it('tells of a cut record, of what is none and of a newer one, and shows what it can of each', () => {
    const text = JSON.stringify(full);
    const { reports, notes } = readReports([
      { ...attached('one', text.slice(0, text.indexOf('"deployment"') + 100)), stepName: 'Deploy' },
      { ...attached('two', '[]'), stepName: 'Other' },
      attached('three', '{"schemaVersion'),
    ]);
    assert.deepEqual(notes, [
      'The model record of the step "Deploy" was cut off. Its complete sections are shown.',
      'The model record of the step "Other" is not a model record, so it is not shown.',
      'The model record of one step was cut off, so none of it can be shown.',
    ]);
    const [{ record }] = reports as [(typeof reports)[number]];
    assert.deepEqual([record.image, record.deployment], [full.image, undefined]);
    assert.match(reportsView({ reports, notes }).text, new RegExp(full.image!.digest));
    assert.doesNotMatch(reportsView({ reports: [], notes }).text, /No model in this run yet/);
    assert.match(reportsView({ reports: [], notes: [] }).text, /No model in this run yet/);
  });

  it('shows what it knows of a record of a newer version', () => {
    const { reports, notes } = readReports([attached('new', { ...full, schemaVersion: 99, surprise: { deep: [1] } })]);
    assert.match(notes.join(), /newer version of the extension/);
    assert.match(reportsView({ reports, notes }).text, new RegExp(full.model!.name));
  });

  it('leaves out sections that it cannot read, by name, and shows the others', () => {
    const strange = { ...full, evaluation: { decision: 'approved' }, tests: 'passed' };
    const { reports, notes } = readReports([attached('a', strange)]);
    assert.deepEqual(notes, [
      'The model record of one step cannot be read completely. Left out, whole or in part: evaluation, tests. Everything else is shown.',
    ]);
    assert.match(reportsView({ reports, notes }).text, new RegExp(full.deployment!.containerGroup));
  });

  it('lets a report that no view can show hide none of the others', () => {
    const { reports, notes } = readReports([
      attached('a', full),
      attached('b', { ...full, model: { name: 'other', version: '9' } }),
    ]);
    const broken = reports.find(({ record }) => record.model?.version === '9')!;
    Object.defineProperty(broken, 'pictures', { get: () => assert.fail('it cannot be shown') });
    const { text } = reportsView({ reports, notes });
    assert.match(text, /version 9 has a form that this version of the extension does not know/);
    assert.match(text, /Endpoint tests/);
  });

  it('shows of a step that ran again its last attempt, in record and pictures', () => {
    const again = structuredClone(full);
    again.tests!.testedAt = '2999-01-01T00:00:00Z';
    again.tests!.total = 77;
    const picture2 = '<svg xmlns="http://www.w3.org/2000/svg"><title>Second</title></svg>';
    const { reports } = readReports([
      attached('second', again),
      picture('second', 'latency.svg', picture2),
      attached('first', full),
      picture('first', 'latency.svg'),
    ]);
    assert.deepEqual([reports.length, reports[0]!.record.tests!.total], [1, 77]);
    assert.deepEqual(
      reports[0]!.pictures.map(({ title }) => title),
      ['Second'],
    );
  });

  it('shows what the training cost by estimate, with its prices, the limit, and each step', () => {
    const record = structuredClone(full);
    const textOf = () => reportsView(readReports([attached('a', record)])).text.replace(/\s+/g, ' ');
    assert.doesNotMatch(textOf(), /Cost \(estimate\)/);
    const step = { name: 'fit', compute: 'gpu', nodes: 2, seconds: 5025 };
    record.training!.cost = {
      estimate: true,
      amount: 1.625,
      currency: 'USD',
      asOf: '2026-11-28T08:00:00.000Z',
      maxCost: 5,
      idle: { amount: 0.02, nodes: 2, seconds: 120 },
      prices: [{ size: 'Standard_X', tier: 'LowPriority', os: 'Linux', perHour: 0.29 }],
      runs: [
        { ...step, amount: 1.6 },
        { ...step, name: 'kept', reused: true, amount: 0 },
      ],
    };
    for (const part of [
      /Cost \(estimate\)<\/dt> <dd> ?about 1\.63 USD/,
      /of at most 5 USD/,
      /Standard_X \(LowPriority\): 0\.29 USD an hour/,
      /Idle time on top: at most 0\.02 USD/,
      /list prices of 2026-11-28/,
      /fit <span class="quiet">2 × 1:23:45, 1\.60 USD<\/span>/,
      /kept <span class="quiet">2 × 1:23:45, reused<\/span>/,
    ])
      assert.match(textOf(), part);
    record.training!.cost = { estimate: true, currency: 'USD', prices: [], runs: [], gaps: ['No <price>.'] };
    assert.match(textOf(), /not known .*No &lt;price&gt;\./);
  });

  it('leads to the model card, and says who approved the stages, once for each stage', () => {
    const record = structuredClone(full);
    const textOf = () => reportsView(readReports([attached('a', record)])).text.replace(/\s+/g, ' ');
    assert.doesNotMatch(textOf(), /Model card/);
    const url = 'https://dev.azure.com/x/_build/results?buildId=2';
    record.evaluation!.build = { id: '2', number: '20260602.1', definition: 'evaluation', url };
    assert.match(
      textOf(),
      /<a href="[^"]+buildId=2&amp;view=artifacts&amp;type=publishedArtifacts"[^>]*>Model card<\/a>: .* in the artifacts of the build 20260602\.1\./,
    );
    assert.doesNotMatch(textOf(), /Approved by/);
    const by = [{ name: 'An approver', at: '2026-11-28T10:05:00Z', comment: '<as> agreed' }];
    record.deployment!.approvals = { outcome: 'approved', stage: 'production', by };
    record.tests!.approvals = { outcome: 'approved', stage: 'production', by };
    const row = 'An approver (2026-11-28 10:05 UTC): “&lt;as&gt; agreed”';
    assert.equal(textOf().split(row).length, 2);
    record.tests!.approvals.stage = 'tests';
    assert.equal(textOf().split(row).length, 3);
    delete record.evaluation;
    assert.doesNotMatch(textOf(), /Model card/);
  });

  it('lists several models at a glance, each leading to its report', () => {
    const other = structuredClone(full);
    other.model!.version = '2';
    other.evaluation!.decision = 'rejected';
    const { text } = reportsView(readReports([attached('a', full), attached('b', other)]));
    assert.match(text, /2 models or deployments in this run/);
    for (const id of ['report-1', 'report-2']) {
      assert.ok(text.includes(`href="#${id}"`) && text.includes(`id="${id}"`), `${id} is missing`);
    }
  });

  it('shows failed tests, findings with their remedy, slices and what is in the image', () => {
    const record = structuredClone(full);
    record.tests!.cases[0] = { name: 'one diamond', kind: 'request', passed: false, message: 'answered 7, not 8' };
    record.tests!.findings = [{ sent: 'an empty body', answered: 'answered 500', remedy: 'Answer 400.' }];
    const contents = { components: [{ name: 'numpy', version: '2.1.0' }] };
    const { text } = reportsView(
      readReports([
        attached('a', record),
        { type: 'mlops.contents', name: 'sbom.cdx.json', step: 'a', content: JSON.stringify(contents) },
      ]),
    );
    for (const expected of [/answered 7, not 8/, /Answer 400\./, /rmse by clarity/, /1 package</, /numpy/])
      assert.match(text, expected);
  });

  it('explains the colours of the bars that are there, and no other', () => {
    const classes = (part: string): string[] =>
      [...new Set([...part.matchAll(/<rect class="(bar \w+|limit|other)"/g)].map(([, name]) => name!))].sort();
    const shown = (change: (record: ModelRecord) => void): { bars: string[]; legend: string[] } => {
      const record = structuredClone(full);
      record.evaluation!.criteria.forEach((each) => Object.assign(each, { candidate: 2, limit: 3, champion: 1 }));
      change(record);
      const [bars, legend = ''] = modelView(record).text.split('</table>') as [string, string | undefined];
      return { bars: classes(bars), legend: classes(legend.slice(0, legend.indexOf('</p>'))) };
    };
    const mixed = shown(({ evaluation }) => {
      evaluation!.criteria = [evaluation!.criteria[0]!, structuredClone(evaluation!.criteria[0]!)];
      Object.assign(evaluation!.criteria[0]!, { passed: true, skipped: false });
      Object.assign(evaluation!.criteria[1]!, { passed: false, skipped: false });
    });
    assert.deepEqual(mixed.bars, ['bar failed', 'bar succeeded', 'limit', 'other']);
    assert.deepEqual(mixed.legend, mixed.bars);
    const alone = shown(({ evaluation }) =>
      evaluation!.criteria.forEach((each) => Object.assign(each, { passed: true, skipped: false, champion: null })),
    );
    assert.deepEqual(alone.bars, ['bar succeeded', 'limit']);
    assert.deepEqual(alone.legend, alone.bars);
    const negative = shown(({ evaluation }) => evaluation!.criteria.forEach((each) => (each.candidate = -1)));
    assert.deepEqual(negative, { bars: [], legend: [] });
  });

  it('says of a chart and of a list of packages that they are damaged, or could not be loaded, and shows the rest', () => {
    const list = (content: unknown) => ({
      type: 'mlops.contents',
      name: 'sbom.cdx.json',
      step: 'a',
      content: JSON.stringify(content),
    });
    const { reports, notes } = readReports([
      attached('a', full),
      { ...attached('b', ''), stepName: 'Deploy', problem: 'Azure DevOps answered 500.' },
      picture('a', 'cut.svg', '<svg xmlns="http://www.w3.org/2000/svg"><path d="M 1'),
      { ...list(null), content: '{"comp', stepName: 'Package' },
      list({ components: [{ name: 'numpy' }, { name: 5 }, null] }),
    ]);
    assert.deepEqual(notes, [
      'The model record of the step "Deploy" could not be loaded: Azure DevOps answered 500. Reload the page.',
      'The chart cut.svg of one step is damaged. It is not shown.',
      'The list of the packages in the image of the step "Package" is damaged. It is not shown.',
      'The list of the packages in the image of one step is damaged. What can be read of it is shown.',
    ]);
    assert.deepEqual(reports[0]!.components, [{ name: 'numpy', version: '' }]);
  });

  it('takes no picture that is none, and lets none of them bring markup', () => {
    const evil = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const { reports } = readReports([
      attached('a', full),
      picture('a', 'x.svg', '<html><script>alert(1)</script></html>'),
      picture('a', '"><img src=x onerror=alert(1)>.svg', evil),
    ]);
    const shown = reportsView({ reports, notes: [] }).text;
    assert.equal(reports[0]!.pictures.length, 1);
    assert.doesNotMatch(shown, /<script|<img src=x/);
    assert.match(shown, /<img src="data:image\/svg\+xml,%3Csvg/);
  });

  it('leads from commit to endpoint, by the portal of the cloud that the studio is in', () => {
    const azure = structuredClone(full);
    azure.training!.studioUrl = 'https://ml.azure.com/runs/x?wsid=/subscriptions/s';
    const text = lineage(azure).text;
    for (const kind of ['Commit', 'Build', 'Job', 'Model', 'Image', 'Endpoint'])
      assert.match(text, new RegExp(`>${kind}<`));
    assert.match(text, /https:\/\/portal\.azure\.com\/#@\/resource\/subscriptions\//);
  });

  it('follows no address but those of the web', () =>
    assert.equal(safeLink('javascript:alert(1)', 'text').text, 'text'));

  it('escapes what records hold', () => {
    const hostile = structuredClone(full);
    hostile.model!.name = '<b onmouseover=alert(1)>';
    assert.doesNotMatch(modelView(hostile).text, /<b onmouseover/);
  });
});
