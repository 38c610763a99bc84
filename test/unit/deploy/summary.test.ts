import assert from 'node:assert/strict';
import type { DeploymentSection } from '../../../tasks/common/record/record';
import { escapeMarkdown } from '../../../tasks/common/markdown';
import { Secret } from '../../../tasks/common/secret';
import type { RolledOut } from '../../../tasks/DeployACI/rollOut';
import { summary } from '../../../tasks/DeployACI/summary';
import { definitionOf } from './fakeContainerInstances';

const section: DeploymentSection = {
  containerGroup: 'estimator',
  containerGroupId: '/groups/estimator',
  resourceGroup: 'rg',
  location: 'eastus',
  image: 'r.azurecr.io/estimator@sha256:1',
  imageDigest: 'sha256:1',
  scoringUri: 'http://estimator.example.net/score',
  fqdn: 'estimator.example.net',
  ipAddress: '10.0.0.4',
  previousImage: 'r.azurecr.io/estimator@sha256:0',
  deployedAt: '2026-01-01T00:00:00.000Z',
};
const ready = { group: definitionOf('x'), origin: 'http://estimator.example.net', seconds: 12.4 };
const rolledOut: RolledOut = {
  kind: 'updated',
  ready,
  changes: [{ what: 'image', from: 'a', to: 'b|c', needsDeletion: false }],
};

describe("The summary on the run's page", () => {
  it('says what serves, where, for whom, and what changed', () => {
    const model = { name: 'cost_estimator', version: '3' };
    assert.equal(
      summary(section, rolledOut, { model, https: true, apiKey: new Secret('k'.repeat(16)) }),
      [
        '**Serving at [`http://estimator.example.net/score`](http://estimator.example.net/score).** The container group was updated in place.',
        '',
        '| Deployment |  |',
        '| --- | --- |',
        '| Model | cost\\_estimator version 3 |',
        '| Image | `r.azurecr.io/estimator@sha256:1` |',
        '| Container group | estimator in rg, eastus |',
        '| Address | `estimator.example.net` |',
        '| Access | encrypted, with a key |',
        '| Ran before | `r.azurecr.io/estimator@sha256:0` |',
        '| Ready after | 12 s |',
        '',
        '| Changed | From | To |',
        '| --- | --- | --- |',
        '| image | `a` | `b\\|c` |',
        '',
        '```sh',
        'curl http://estimator.example.net/score \\',
        '  -H "Authorization: Bearer $API_KEY" \\',
        '  -H "Content-Type: application/json" -d @request.json',
        '```',
        '',
      ].join('\n'),
    );
  });

  it('says no more than it knows', () => {
    const shown = summary(
      { ...section, fqdn: undefined, previousImage: null },
      { kind: 'created', ready: { ...ready, seconds: 0 }, changes: [] },
      { https: false },
    );
    assert.match(shown, /\| Address \| `10\.0\.0\.4` \|/);
    assert.match(shown, /\| Ran before \| nothing \|/);
    assert.doesNotMatch(shown, /Model|Ready after|Changed|Authorization|Stryker/);
    assert.match(shown, /\ncurl http:\/\/estimator\.example\.net\/score \\\n {2}-H "Content-Type/);
  });

  const sentences: Array<[RolledOut['kind'], string]> = [
    ['created', 'A new container group was created.'],
    ['updated', 'The container group was updated in place.'],
    ['recreated', 'The container group was deleted and created again.'],
    ['restarted', 'The container group was as it should be but did not answer, and was restarted.'],
    ['unchanged', 'The container group already ran exactly this and was left alone.'],
    ['resumed', 'An earlier run had sent this deployment; this one waited for it.'],
  ];
  for (const [kind, sentence] of sentences) {
    it(`says of one that was ${kind}: ${sentence}`, () => {
      assert.ok(summary(section, { ...rolledOut, kind }, { https: false }).includes(`.** ${sentence}\n`));
    });
  }

  it('says by whose key the image was signed', () => {
    const verifiedAttestations = { signer: 'https://v.vault.azure.net/keys/k/1', statements: [] };
    const text = summary({ ...section, verifiedAttestations }, rolledOut, { https: false });
    assert.ok(text.includes('| Signed by | `https://v.vault.azure.net/keys/k/1` |'), text);
  });

  it('leads to where the run and its parts are seen', () => {
    const places = [{ name: 'Build', url: 'https://dev.azure.com/example/build/42' }];
    assert.match(
      summary(section, rolledOut, { https: false, places }),
      /\[Build\]\(https:\/\/dev\.azure\.com\/example\/build\/42\)/,
    );
  });

  const stage = 'production';
  const at = '2026-11-28T10:05:00Z';
  const people = [{ name: 'First | approver', at, comment: 'as\nagreed' }, { name: 'Second' }];
  for (const [approvals, text] of [
    [{ outcome: 'approved', stage, by: people }, 'First | approver (2026-11-28 10:05 UTC): “as agreed”; Second'],
    [
      { outcome: 'approved', stage, by: [{ name: 'Third', at: '2026-11-28T00:05:00+02:00' }] },
      'Third (2026-11-27 22:05 UTC)',
    ],
    [{ outcome: 'approved', stage, by: [{ name: 'Third', at: 'this morning' }] }, 'Third (this morning)'],
    [{ outcome: 'none', stage, by: [] }, 'no one (the stage asks for no approval)'],
    [{ outcome: 'unknown', stage, by: [], reason: 'no token.' }, 'not known: no token.'],
  ] as const) {
    it(`says who approved the stage: ${text}`, () =>
      assert.ok(
        summary({ ...section, approvals: { ...approvals, by: [...approvals.by] } }, rolledOut, {
          https: false,
        }).includes(`| Approved by | ${escapeMarkdown(text)} |`),
      ));
  }

  const apiKey = new Secret('k'.repeat(16));
  for (const [facts, access] of [
    [{ https: true, apiKey, subnet: '/subnet' }, 'private, in a subnet'],
    [{ https: true }, '⚠️ encrypted, open to everyone'],
    [{ https: false, apiKey }, '⚠️ with a key, not encrypted'],
    [{ https: false }, '⚠️ open to everyone, not encrypted'],
  ] as const) {
    it(`calls it ${access}`, () => {
      assert.ok(summary(section, rolledOut, facts).includes(`| Access | ${access} |`));
    });
  }
});
