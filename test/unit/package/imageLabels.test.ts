import assert from 'node:assert/strict';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import type { Pipeline } from '../../../tasks/common/pipeline';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import type { ImageSection } from '../../../tasks/common/record/record';
import { asTag, imageLabels } from '../../../tasks/PackageImage/image/imageLabels';
import { imageSummary } from '../../../tasks/PackageImage/summary';

const model = { name: 'cost-estimator', version: '3', id: '/models/cost-estimator/versions/3' } as RegisteredModel;
const digest = `sha256:${'e'.repeat(64)}`;

describe("an image's labels", () => {
  it('say where it comes from, and leave out what is not known', () => {
    const record = append(emptyRecord(), 'training', {
      jobName: 'job1',
      jobType: 'command',
      status: 'Completed',
      experimentName: 'e',
      metrics: {},
      data: [],
    });
    const pipeline = {
      repository: { uri: 'https://dev.example.net/repo', commit: 'abc' },
      build: { number: '20260101.1', url: 'https://dev.example.net/build/1' },
    } as Pipeline;
    const now = new Date('2026-01-02T03:04:05Z');
    assert.deepEqual(imageLabels(model, record, pipeline, `mcr.example.net/base:1@${digest}`, now), {
      'org.opencontainers.image.title': 'cost-estimator',
      'org.opencontainers.image.version': '3',
      'org.opencontainers.image.created': '2026-01-02T03:04:05.000Z',
      'org.opencontainers.image.source': 'https://dev.example.net/repo',
      'org.opencontainers.image.revision': 'abc',
      'org.opencontainers.image.url': 'https://dev.example.net/build/1',
      'org.opencontainers.image.base.name': 'mcr.example.net/base:1',
      'org.opencontainers.image.base.digest': digest,
      'mlops.model.id': '/models/cost-estimator/versions/3',
      'mlops.model.name': 'cost-estimator',
      'mlops.model.version': '3',
      'mlops.job': 'job1',
      'mlops.build': '20260101.1',
    });
  });

  it('become tags that a registry takes', () => {
    assert.equal(asTag('2026 01/02.1+main'), '2026-01-02.1-main');
    assert.equal(asTag('..-x'), 'x');
    assert.equal(asTag('a'.repeat(200)).length, 128);
  });
});

describe('the summary', () => {
  it('shows what was built, and lets no name start markup', () => {
    const image: ImageSection = {
      reference: `acr.example.net/cost-estimator@${digest}`,
      digest,
      registry: 'acr.example.net',
      repository: 'cost-estimator',
      tags: ['v3', 'nightly'],
      port: 5001,
      readinessPath: '/',
      scoringPath: '/score',
      built: false,
    };
    assert.equal(
      imageSummary({ ...model, name: 'a`|<b>' }, image, {
        selfTest: { outcome: 'notTested', text: 'init() needs a `GPU` here', build: '6' },
      }),
      `| Scoring image |  |
| --- | --- |
| Model | \`\`a\`\\|<b>\`\` version \`3\` |
| Image | \`acr.example.net/cost-estimator@${digest}\` |
| Tags | \`v3\` \`nightly\` |
| Built | before: nothing changed, so the image was used again |
| Self-test | not tested in the build \`6\`, which made it: \`\`init() needs a \`GPU\` here\`\` |
`,
    );
  });
});
