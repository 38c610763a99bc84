import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { append, emptyRecord } from '../../../tasks/common/record/chain';
import { writeRecord } from '../../../tasks/common/record/recordFile';
import { chooseRelease } from '../../../tasks/DeployACI/release';
import { FakeContainerInstances } from './fakeContainerInstances';
import { Secret } from '../../../tasks/common/secret';

const digest = `sha256:${'a'.repeat(64)}`;
const reference = `r.azurecr.io/estimator@${digest}`;

const registry = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r';

describe('Choosing what to deploy', () => {
  let folder: string;
  let log: FakeContainerInstances;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'release-'));
    file = join(folder, 'mlops', 'mlops-record.json');
    log = new FakeContainerInstances();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function record(decision: 'approved' | 'rejected', withImage = true): void {
    let content = append(emptyRecord(), 'model', {
      name: 'cost-estimator',
      version: '3',
      id: '/m',
      type: 'custom_model',
      uri: 'azureml://m',
      workspace: { subscriptionId: 's', resourceGroup: 'rg', name: 'quick-starts-ws' },
    });
    content = append(content, 'evaluation', {
      decision,
      reason: 'rmse 612 is above 600',
      criteria: [],
      metrics: {},
      champion: null,
      evaluatedAt: '2026-01-01T00:00:00.000Z',
    });
    if (withImage) {
      content = append(content, 'image', {
        reference,
        digest,
        registry: 'r.azurecr.io',
        repository: 'estimator',
        tags: [],
        registryId: registry,
        port: 5002,
        readinessPath: '/ready',
        scoringPath: '/invocations',
        built: true,
      });
    }
    mkdirSync(join(folder, 'mlops'), { recursive: true });
    writeRecord(file, content);
  }

  const choose = (changes: Partial<Parameters<typeof chooseRelease>[0]> = {}) =>
    chooseRelease(
      {
        requireApproval: true,
        allowImageTag: false,
        https: false,
        registryAuthentication: { kind: 'none' },
        ...changes,
      },
      { artifacts: [folder] },
      log.ports.log,
    );

  it("takes the record's image by digest, with its port and routes", async () => {
    record('approved');
    const { image, registryId, port, readinessPath, scoringPath, model } = await choose();
    assert.deepEqual(
      { image, registryId, port, readinessPath, scoringPath, model },
      {
        image: reference,
        registryId: registry,
        port: 5002,
        readinessPath: '/ready',
        scoringPath: '/invocations',
        model: { name: 'cost-estimator', version: '3' },
      },
    );
  });

  it('refuses a rejected model with the reason of its rejection', async () => {
    record('rejected');
    await assert.rejects(choose(), /cost-estimator version 3 was rejected.*rmse 612 is above 600/);
  });

  it('deploys a rejected model only when approval is not required, and warns', async () => {
    record('rejected');
    assert.equal((await choose({ requireApproval: false })).image, reference);
    assert.match(log.warnings.join(), /was not approved/);
  });

  it('refuses a record that was changed by hand', async () => {
    record('approved');
    writeFileSync(file, readFileSync(file, 'utf8').replace('quick-starts-ws', 'another-ws'));
    await assert.rejects(choose(), /is refused/);
  });

  it('goes on without a damaged record only when nobody needs it', async () => {
    record('approved');
    writeFileSync(file, '{');
    const release = await choose({ requireApproval: false, image: reference });
    assert.equal(release.record, undefined);
    assert.equal(release.port, 5001);
    assert.match(log.warnings.join(), /without a record/);
  });

  it('refuses an image that the record does not vouch for', async () => {
    record('approved');
    await assert.rejects(
      choose({ image: `r.azurecr.io/other@sha256:${'b'.repeat(64)}` }),
      /not the one that the record vouches for/,
    );
  });

  it("refuses an image outside the registry of the credentials, be it the record's or the input's", async () => {
    record('approved');
    const by = (server: string) => {
      const connection = { server, userName: 'reader', password: new Secret('word') };
      return { registryAuthentication: { kind: 'credentials', connection } } as const;
    };
    assert.equal((await choose(by('r.azurecr.io'))).image, reference);
    const refused = (image: string) =>
      new RegExp(
        `^Input imageConnection: it is of the registry registry\\.example\\.com, and the image is in ${image}, `,
      );
    await assert.rejects(choose(by('registry.example.com')), { message: refused('r\\.azurecr\\.io') });
    for (const [image, registry] of [
      [`registry.example.com.evil.net/estimator@${digest}`, 'registry\\.example\\.com\\.evil\\.net'],
      [`registry.example.com:444/estimator@${digest}`, 'registry\\.example\\.com:444'],
      [`team/estimator@${digest}`, 'docker\\.io'],
    ] as const) {
      await assert.rejects(choose({ ...by('registry.example.com'), image }), { message: refused(registry) });
    }
    const capitals = `Registry.Example.com/estimator@${digest}`;
    assert.equal((await choose({ ...by('registry.example.com'), image: capitals })).image, capitals);
  });

  it('refuses to deploy without any record while approval is required', async () => {
    await assert.rejects(choose({ image: reference }), /No mlops-record\.json was found/);
  });

  it('says what is missing when the image was never packaged', async () => {
    record('approved', false);
    await assert.rejects(choose(), /has no section "image".*Package-Image/);
  });

  it('refuses an image without a digest unless that is allowed', async () => {
    const image = 'r.azurecr.io/estimator:latest';
    await assert.rejects(choose({ image, requireApproval: false }), /has no digest/);
    assert.equal((await choose({ image, requireApproval: false, allowImageTag: true })).digest, undefined);
  });

  it("names Docker Hub's registry one way, whichever of its hosts the image is written with", async () => {
    for (const host of ['index.docker.io', 'registry-1.docker.io', 'docker.io']) {
      const image = `${host}/team/app@sha256:${'e'.repeat(64)}`;
      const release = await choose({ image, requireApproval: false });
      assert.deepEqual([release.image.split('/')[0], release.registry], ['docker.io', 'docker.io']);
    }
  });

  it("refuses another workspace's model", async () => {
    record('approved');
    await assert.rejects(choose({ workspace: 'prod-ws' }), /quick-starts-ws, not of prod-ws/);
  });

  it('refuses a key that protects nothing', async () => {
    record('approved');
    await assert.rejects(
      choose({ apiKey: new Secret('k'.repeat(20)), readinessPath: '/invocations' }),
      /the key would protect nothing/,
    );
  });

  it('protects a route of its own, with a key and without', async () => {
    record('approved');
    assert.equal((await choose({ apiKey: new Secret('k'.repeat(20)) })).readinessPath, '/ready');
    assert.equal((await choose({ readinessPath: '/invocations' })).readinessPath, '/invocations');
  });

  it('refuses with https a port that the gateway needs, and no other', async () => {
    record('approved');
    for (const port of [80, 443]) {
      await assert.rejects(
        choose({ https: true, port }),
        new RegExp(`listens at port ${port}, which the gateway needs`),
      );
      assert.equal((await choose({ port })).port, port);
    }
    assert.equal((await choose({ https: true })).port, 5002);
  });

  it('takes the image of the same digest for that of the record, and no other', async () => {
    record('approved');
    const copy = `copy.azurecr.io/other@${digest}`;
    const same = await choose({ image: copy });
    assert.deepEqual(
      [same.image, same.registry, same.registryId, same.port],
      [copy, 'copy.azurecr.io', registry, 5002],
    );
    const other = await choose({ image: `r.azurecr.io/other@sha256:${'b'.repeat(64)}`, requireApproval: false });
    assert.deepEqual(
      [other.registryId, other.port, other.readinessPath, other.scoringPath],
      [undefined, 5001, '/', '/score'],
    );
  });

  it('takes the port and routes of the inputs before those of the record', async () => {
    record('approved');
    const { port, readinessPath, scoringPath } = await choose({ port: 1, readinessPath: '/a', scoringPath: '/b' });
    assert.deepEqual([port, readinessPath, scoringPath], [1, '/a', '/b']);
  });

  it('names the workspace as it is spelt, in any case', async () => {
    record('approved');
    assert.equal((await choose({ workspace: 'Quick-Starts-WS' })).image, reference);
    await assert.rejects(choose({ workspace: 'quick-starts' }), /Download the record of the right build/);
  });

  it('warns of a model that was not approved, and of no other', async () => {
    record('approved');
    await choose({ requireApproval: false });
    assert.deepEqual(log.warnings, []);
  });

  it('has no image to deploy without one, or with what is not one', async () => {
    await assert.rejects(
      choose({ requireApproval: false, image: 'not an image' }),
      /no image to deploy: "not an image"/i,
    );
    record('approved', false);
    await assert.rejects(choose({ requireApproval: false }), /has no section "image"/);
  });

  it('goes on without any record only when nobody needs it, and says nothing of it', async () => {
    const release = await choose({ requireApproval: false, image: reference });
    assert.deepEqual([release.record, release.recordFile, log.warnings], [undefined, undefined, []]);
  });

  const remedies: Array<[what: string, choice: () => Promise<unknown>, remedy: RegExp]> = [
    ['a missing digest', () => choose({ image: 'r.azurecr.io/e:1', requireApproval: false }), /Run Package-Image, which records the digest, or set allowImageTag\./], // prettier-ignore
    ['an image of another record', () => choose({ image: `r.azurecr.io/o@sha256:${'b'.repeat(64)}` }), /Leave the input image empty, or switch requireApproval off\./], // prettier-ignore
    ['a key that protects nothing', () => choose({ apiKey: new Secret('k'.repeat(20)), readinessPath: '/invocations' }), /Set readinessPath to another route\./], // prettier-ignore
    ['a port of the gateway', () => choose({ https: true, port: 80 }), /Let the image listen at another port\./],
  ];
  for (const [what, choice, remedy] of remedies) {
    it(`says what to do about ${what}`, async () => {
      record('approved');
      await assert.rejects(choice(), remedy);
    });
  }

  it('says what to do about a rejected model', async () => {
    record('rejected');
    await assert.rejects(
      choose(),
      /Deploy the record of a build whose model was approved, or switch requireApproval off\./,
    );
  });
});
