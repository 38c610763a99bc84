import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { html } from '../../../views/html';
import { renderLines } from '../../../local/agent/page/logView';
import { stageColumns } from '../../../local/agent/page/timeline';
import { runPage } from '../../../local/agent/page/runPage';
import type { StageRecord } from '../../../local/agent/run/runRecord';
import { temporaryFolder } from '../../support/agent';
import { hostilePage, runOf, step } from './hostilePage';

describe("a run's page", () => {
  const page = hostilePage();

  it('shows the result, the decision and every criterion with its values', () => {
    for (const text of ['Run 7', 'rejected', 'rmse &lt;= 0.01', '541.2', 'NaN', 'too high', '5.0 s']) {
      assert.ok(page.includes(text), text);
    }
  });

  it('takes no text of a run for HTML', () => {
    assert.ok(!page.includes('<img src=x'));
    assert.ok(!/<[a-z][^>]* on[a-z]+=/i.test(page.replaceAll(/<script>[\s\S]*?<\/script>/g, '')));
    assert.ok(!/href="javascript:/i.test(page));
  });

  it('asks nobody for anything and runs no script but its own', () => {
    const sources = [...page.matchAll(/(?:src="|<link [^>]*href=")([^"]*)"/g)].map(([, url]) => url!);
    const outside = sources.filter((url) => /^(?:[a-z]+:)?\/\//i.test(url));
    assert.deepEqual(outside, []);
    const scripts = [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, text]) => text!);
    assert.equal(scripts.length, 1);
    const hash = createHash('sha256').update(scripts[0]!).digest('base64');
    assert.ok(page.includes(`default-src &#39;none&#39;`) && page.includes(`sha256-${hash}`));
  });

  it('links each file by a name that a browser takes for one', () => {
    assert.ok(page.includes('href="artifacts/mlops/a/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%20100%25.json"'));
  });

  it('has anchors for every step and line', () => {
    assert.ok(page.includes('id="step-1"') && page.includes('id="step-1-1"') && page.includes('href="#step-1"'));
  });

  it('closes groups that a log leaves open, and leaves out the middle of a very long one', () => {
    const line = (text: string, number: number) => ({ number, time: '2026-11-22T10:00:00.000Z', text });
    const open = renderLines([line('##[group]a', 1), line('b', 2)], 's', 'f').text;
    assert.equal(open.match(/<details/g)!.length, open.match(/<\/details>/g)!.length);
    const long = renderLines(
      Array.from({ length: 9000 }, (_, index) => line(`n${index}`, index + 1)),
      's',
      'f',
    ).text;
    assert.equal(long.match(/<p id=/g)!.length, 4000);
    assert.match(long, /5000 lines are/);
    assert.ok(long.includes('>n8999<') && long.includes('>n0<'));
  });

  it('escapes what is put into its templates', () => {
    assert.equal(
      html`<b title="${'"\''}">${['<', html`<i></i>`]}${undefined}${false}</b>`.text,
      '<b title="&quot;&#39;">&lt;<i></i></b>',
    );
  });

  it('draws each stage right of those that it waits for', () => {
    const stage = (name: string, ...dependsOn: string[]) => ({ name, dependsOn }) as unknown as StageRecord;
    const stages = [
      stage('build'),
      stage('staging', 'build'),
      stage('production', 'staging'),
      stage('rejected', 'build'),
    ];
    assert.deepEqual(
      stageColumns(stages).map((column) => column.map(({ name }) => name)),
      [['build'], ['staging', 'rejected'], ['production']],
    );
  });

  it('shows every model and every deployment of the run', () => {
    const folder = temporaryFolder();
    const record = (version: string, group: string) => ({
      schemaVersion: 1,
      model: { name: 'iris', version, workspace: {} },
      deployment: {
        containerGroup: group,
        containerGroupId: `/g/${group}`,
        resourceGroup: 'g',
        scoringUri: 'http://x/score',
        deployedAt: '',
      },
    });
    const files = [record('1', 'staging'), record('1', 'production'), record('2', 'other')].map((each, index) => {
      writeFileSync(path.join(folder, `${index}.json`), JSON.stringify(each));
      return `${index}.json`;
    });
    mkdirSync(path.join(folder, 'logs'));
    writeFileSync(path.join(folder, 'logs/a.log'), '');
    const page = runPage({ ...runOf([step()]), modelRecords: files }, folder);
    for (const group of ['staging', 'production', 'other']) assert.match(page, new RegExp(`${group} in `));
    assert.match(page, /version 2/);
  });

  it('says what it cannot show of a record that was cut off', () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'cut.json'), '{"schemaVersion":1,"model":{"name":"iris","ver');
    mkdirSync(path.join(folder, 'logs'));
    writeFileSync(path.join(folder, 'logs/a.log'), '');
    assert.match(
      runPage({ ...runOf([step()]), modelRecords: ['cut.json'] }, folder),
      /<p class="note" role="note">[^<]*record/,
    );
  });
});
