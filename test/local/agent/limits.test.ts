import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { limits, limitsInMarkdown, type Limit, type LimitName } from '../../../local/agent/pipeline/limits';
import { readPipeline } from '../../../local/agent/pipeline/readPipeline';
import { temporaryFolder } from '../../support/agent';

const steps = 'steps: [{script: echo}]';
const inJob = (field: string) => `jobs: [{job: a, ${field}, ${steps}}]`;
const deployment = (field: string) => `jobs: [{deployment: d, environment: e, ${field}}]`;

/** The smallest pipelines that have the construct. */
const cases: Record<LimitName, string[]> = {
  templateRepository: ['steps: [{template: x.yml@other}]', 'extends: {template: x.yml@other}'],
  container: [inJob('container: ubuntu'), `container: ubuntu\n${steps}`],
  services: [inJob('services: {}')],
  target: ['steps: [{script: echo, target: web}]', 'steps: [{script: echo, target: {container: web}}]'],
  rolling: [deployment('strategy: {rolling: {}}')],
  canary: [deployment('strategy: {canary: {}}')],
  phases: ['phases: []', `queue: x\n${steps}`, `server: true\n${steps}`],
  checkoutOther: ['steps: [{checkout: other}]'],
  downloadOther: ['steps: [{download: other}]'],
  otherSteps: ['downloadBuild', 'getPackage', 'upload', 'reviewApp'].map((kind) => `steps: [{${kind}: x}]`),
  anchors: ['steps: &s []', 'steps: [*s]'],
  group: [`variables: [{group: g}]\n${steps}`],
  resources: ['repositories', 'pipelines', 'containers', 'packages', 'webhooks', 'builds'].map(
    (kind) => `resources: {${kind}: []}\n${steps}`,
  ),
  manual: [`stages: [{stage: s, trigger: manual, jobs: [{job: a, ${steps}}]}]`],
  persistCredentials: ['steps: [{checkout: self, persistCredentials: true}]'],
  lfs: ['steps: [{checkout: self, lfs: true}]'],
  sparseCheckout: [
    'steps: [{checkout: self, sparseCheckoutDirectories: src}]',
    'steps: [{checkout: self, sparseCheckoutPatterns: "/*"}]',
  ],
  triggers: [`trigger: none\npr: none\nschedules: []\n${steps}`],
  pool: [`pool: {vmImage: x, demands: [a]}\n${steps}`, inJob('pool: x, uses: {pools: [a]}')],
  locks: [
    `lockBehavior: sequential\nappendCommitMessageToRunName: false\n${inJob('workspace: {clean: all}')}`,
    `stages: [{stage: s, isSkippable: false, lockBehavior: runLatest, jobs: [{job: a, ${steps}}]}]`,
    inJob('strategy: {matrix: {a: {}}, maxParallel: 2}'),
  ],
  environment: [
    deployment('strategy: {runOnce: {deploy: {steps: []}}}'),
    `stages: [{stage: s, checks: [], group: g, jobs: [{job: a, ${steps}}]}]`,
  ],
};

function read(yaml: string): { warnings: string[]; refusal?: string } {
  const file = path.join(temporaryFolder(), 'azure-pipelines.yml');
  writeFileSync(file, yaml);
  try {
    return readPipeline(file, { tasks: [], set: {}, predefined: {} });
  } catch (error) {
    return { warnings: [], refusal: (error as Error).message };
  }
}

describe('the limits of the local agent', () => {
  for (const [name, yamls] of Object.entries(cases)) {
    const { construct, verdict, text }: Limit = limits[name as LimitName];
    it(`${construct}: ${verdict}`, () => {
      for (const yaml of yamls) {
        const { warnings, refusal } = read(yaml);
        if (verdict === 'refused') {
          assert.match(refusal ?? 'it was read', /azure-pipelines\.yml:\d/, yaml);
          assert.ok(refusal!.includes(text), `${yaml}: ${refusal}`);
        } else {
          assert.equal(refusal, undefined, yaml);
          assert.equal(
            warnings.some((warning) => warning.includes(text)),
            verdict === 'said',
            `${yaml}: ${warnings.join()}`,
          );
        }
      }
    });
  }

  it('are those that the guide lists', () => {
    const guide = readFileSync(path.join(__dirname, '../../../docs/guides/running-locally.md'), 'utf8');
    const [, listed] = /<!-- limits -->\n([\s\S]*?)<!-- \/limits -->/.exec(guide) ?? [];
    // The formatter may break lines.
    const words = (text = '') => text.replace(/\s+/g, ' ').trim();
    assert.equal(words(listed), words(limitsInMarkdown()));
  });
});
