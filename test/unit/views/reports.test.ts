import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { lineage, portalLink, safeLink } from '../../../views/lineage';
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

  it('tells of a cut record, of what is none and of a newer one, and shows what it can', () => {
    const text = JSON.stringify(full);
    const { reports, notes } = readReports([
      attached('cut', text.slice(0, text.length / 2)),
      attached('none', '[]'),
      attached('newer', { ...full, schemaVersion: 99 }),
      attached('good', full),
    ]);
    assert.equal(reports.length, 1);
    assert.match(
      notes.join('\n'),
      /"cut" left of the model was cut[\s\S]*"none" left is not a model record[\s\S]*newer version/,
    );
    assert.match(reportsView({ reports: [], notes }).text, /No model in this run yet/);
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
    azure.training!.studioUrl = 'https://ml.azure.us/runs/x';
    assert.match(portalLink(azure, azure.deployment!.containerGroupId)!, /^https:\/\/portal\.azure\.us\//);
    // A local cloud has no portal.
    assert.equal(portalLink(full, full.deployment!.containerGroupId), undefined);
  });

  it('follows no address but those of the web', () =>
    assert.equal(safeLink('javascript:alert(1)', 'text').text, 'text'));

  it('escapes what records hold', () => {
    const hostile = structuredClone(full);
    hostile.model!.name = '<b onmouseover=alert(1)>';
    assert.doesNotMatch(modelView(hostile).text, /<b onmouseover/);
  });
});
