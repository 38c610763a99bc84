import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { link, linksLine } from '../../../tasks/common/markdown';
import { cardUrl, placesOf, portalUrl } from '../../../tasks/common/record/places';
import type { ModelRecord } from '../../../tasks/common/record/record';
import { Secret } from '../../../tasks/common/secret';
import { summary as deploymentSummary } from '../../../tasks/DeployACI/summary';
import { summaryMarkdown } from '../../../tasks/Evaluate/summary';
import { imageSummary } from '../../../tasks/PackageImage/summary';
import { summary as testsSummary } from '../../../tasks/TestEndpoint/report/report';
import { definitionOf } from '../deploy/fakeContainerInstances';
import { exampleReport } from '../evaluate/exampleReport';

const full = JSON.parse(
  readFileSync(path.join(__dirname, '../../contract/records/schema-1.json'), 'utf8'),
) as ModelRecord;

function inCloud(studio: string): ModelRecord {
  const record = structuredClone(full);
  record.training!.studioUrl = `https://${studio}/runs/job-1?wsid=/subscriptions/s`;
  record.model!.workspace = { subscriptionId: 's', resourceGroup: 'g', name: 'w' };
  record.image!.registryId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r';
  record.evaluation!.build = { ...record.source!.build!, id: '2', url: 'https://localhost/_build/results?buildId=2' };
  record.deployment!.containerGroupId =
    '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/c';
  return record;
}

describe('The places that a record names', () => {
  it('are the studio and the portal of the cloud that the job ran in', () => {
    for (const [studio, portal] of [
      ['ml.azure.com', 'portal.azure.com'],
      ['ml.azure.us', 'portal.azure.us'],
      ['studio.ml.azure.cn', 'portal.azure.cn'],
    ] as const) {
      const places = placesOf(inCloud(studio));
      assert.deepEqual(
        places.map(({ name, url }) => [name, new URL(url).host]),
        [
          ['Job in the studio', studio],
          ['Model in the studio', studio],
          ['Model card in the artifacts of the build', 'localhost'],
          ['Container registry in the portal', portal],
          ['Container group in the portal', portal],
        ],
      );
    }
  });

  it('are fewer where less is known: a local cloud has no portal, and a record without training no studio', () => {
    const local = inCloud('localhost:41489');
    assert.deepEqual(
      placesOf(local).map(({ name }) => name),
      ['Job in the studio', 'Model card in the artifacts of the build'],
    );
    assert.equal(portalUrl(local, local.deployment!.containerGroupId), undefined);
    assert.deepEqual(placesOf({ ...inCloud('ml.azure.com'), training: undefined, evaluation: undefined }), []);
    const evil = inCloud('ml.azure.com');
    evil.training!.studioUrl = 'javascript:alert(1)';
    evil.evaluation!.build!.url = 'javascript:alert(1)';
    assert.deepEqual(placesOf(evil), []);
  });

  it('include the artifacts of the build that evaluated the model, which have its card', () => {
    const { model, evaluation } = inCloud('ml.azure.com');
    const evaluating = 'https://localhost/_build/results?buildId=2';
    assert.equal(cardUrl({ model, evaluation }), `${evaluating}&view=artifacts&type=publishedArtifacts`);
    // The build that trained the model need not be the one that has the card.
    for (const less of [{ model }, { evaluation }, full]) assert.equal(cardUrl(less), undefined);
  });

  it('are linked in every summary', () => {
    const record = inCloud('ml.azure.com');
    const places = placesOf(record);
    const group =
      '[Container group in the portal](https://portal.azure.com/#@/resource/subscriptions/s/resourceGroups/g/';
    const ready = { group: definitionOf('x'), origin: 'http://e', seconds: 1 };
    const { image, deployment } = record;
    const summaries = {
      evaluation: summaryMarkdown({ ...exampleReport(), places }),
      image: imageSummary(
        { name: 'm', version: '1' } as Parameters<typeof imageSummary>[0],
        image!,
        { selfTest: { outcome: 'passed', text: 'answered' } },
        places,
      ),
      deployment: deploymentSummary(
        deployment!,
        { kind: 'created', ready, changes: [] },
        { https: true, apiKey: new Secret('k'.repeat(16)), places },
      ),
      tests: testsSummary('http://e/score', { cases: [] }, undefined, [], places),
    };
    for (const [name, text] of Object.entries(summaries)) {
      assert.ok(text.includes(group), `${name}: ${text}`);
      assert.ok(text.includes('[Job in the studio](https://ml.azure.com/runs/job-1?wsid=/subscriptions/s)'), name);
      assert.doesNotMatch(text, /^\|\s+\|\s+\|$/m, `${name} has a table without a heading`);
    }
    assert.match(summaries.tests, /^Scoring URI: \[`http:\/\/e\/score`\]\(http:\/\/e\/score\)$/m);
  });

  it('cannot end a link early', () => {
    assert.equal(link('x', 'https://h/a (b)?c=%20'), '[x](https://h/a%20%28b%29?c=%20)');
    assert.equal(linksLine([]), '');
  });
});
