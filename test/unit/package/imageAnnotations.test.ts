import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { Manifest } from '../../../tasks/common/azure/registry/containerRegistryContents';
import type { TaskLog } from '../../../tasks/common/log';
import { annotate, annotatedManifest } from '../../../tasks/PackageImage/image/imageAnnotations';

const signal = new AbortController().signal;
const dockers: Manifest = {
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: 'sha256:c', size: 1 },
  layers: [
    { mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', digest: 'sha256:1', size: 2 },
    { mediaType: 'application/vnd.docker.image.rootfs.diff.tar', digest: 'sha256:2', size: 3 },
  ],
};
const oci: Manifest = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: 'sha256:c', size: 1 },
  layers: [
    { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: 'sha256:1', size: 2 },
    { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: 'sha256:2', size: 3 },
  ],
};

describe('an annotated manifest', () => {
  it("is of OCI's form, and names the same bytes", () => {
    const manifest = { schemaVersion: 2, ...dockers };
    assert.deepEqual(annotatedManifest(manifest, { a: 'b' }), { schemaVersion: 2, ...oci, annotations: { a: 'b' } });
  });

  it('keeps what a builder of OCI images wrote', () => {
    const given = { ...oci, annotations: { a: 'old', base: 'kept' } };
    assert.deepEqual(annotatedManifest(given, { a: 'b' }), { ...oci, annotations: { a: 'b', base: 'kept' } });
  });

  const unfit: Array<[string, Manifest]> = [
    ['an index of several images', { mediaType: 'application/vnd.oci.image.index.v1+json' }],
    [
      'a layer that OCI has no name for',
      { ...dockers, layers: [{ mediaType: 'application/vnd.docker.plugin.v1+json', digest: 'sha256:p', size: 1 }] },
    ],
  ];
  for (const [what, manifest] of unfit) {
    it(`is not made of ${what}`, () => assert.equal(annotatedManifest(manifest, { a: 'b' }), undefined));
  }
});

describe('an image that gets annotations', () => {
  const labels = {
    'mlops.model.id': '/models/m/versions/1',
    'org.opencontainers.image.version': '1',
    'org.opencontainers.image.ref.name': "the base's own",
  };
  const names = ['mlops.model.id', 'org.opencontainers.image.version', 'mlops.job'];
  let warning: sinon.SinonStub;
  beforeEach(() => (warning = sinon.stub()));

  function registry(manifest: Manifest, config: unknown = { config: { Labels: labels } }) {
    return {
      manifest: sinon.stub().resolves(manifest),
      blob: sinon.stub().resolves(Buffer.from(JSON.stringify(config))),
      addManifest: sinon.stub().resolves('sha256:annotated'),
    };
  }
  const run = (fake: ReturnType<typeof registry>) =>
    annotate(
      fake,
      'team/m',
      'sha256:built',
      names,
      {},
      {
        log: { warning } as unknown as TaskLog,
        signal,
      },
    );

  it('repeats the labels that are its own, and is known by another digest from then on', async () => {
    const fake = registry(dockers);
    assert.equal(await run(fake), 'sha256:annotated');
    assert.deepEqual(fake.blob.firstCall.args.slice(0, 2), ['team/m', 'sha256:c']);
    const { 'org.opencontainers.image.ref.name': _, ...own } = labels;
    assert.deepEqual(fake.addManifest.firstCall.args[1], { ...oci, annotations: own });
    sinon.assert.notCalled(warning);
  });

  it('stays as it is where it has them', async () => {
    const fake = registry({ ...oci, annotations: { 'mlops.model.id': 'x' } });
    assert.equal(await run(fake), 'sha256:built');
    sinon.assert.notCalled(fake.addManifest);
  });

  it('stays as it is, and that is said, where there is no place for them', async () => {
    const fake = registry({ mediaType: 'application/vnd.oci.image.index.v1+json' });
    assert.equal(await run(fake), 'sha256:built');
    assert.match(String(warning.firstCall.args[0]), /no annotations: application\/vnd.oci.image.index/);
  });

  it('stays as it is, and that is said, where the registry refuses', async () => {
    const fake = registry(dockers);
    fake.addManifest.rejects(new AzureFailure('denied', undefined, 403, 'DENIED', 'denied', undefined));
    assert.equal(await run(fake), 'sha256:built');
    assert.match(String(warning.firstCall.args[0]), /gets no annotations, but its labels say the same: denied/);
  });

  it('is not taken for one where the program itself is wrong', async () => {
    const fake = registry(dockers);
    fake.blob.resolves(Buffer.from('no JSON'));
    await assert.rejects(run(fake), SyntaxError);
  });
});
