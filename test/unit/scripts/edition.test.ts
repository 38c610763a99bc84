import assert from 'node:assert/strict';
import { derivedId, makeEdition } from '../../../scripts/edition';
import { publishedManifest, readOptions } from '../../../scripts/package';
import { readManifest } from '../../../scripts/validateManifest';

const id = '56fda748-300e-4695-ba19-dc1721705872';

describe('Editions of the extension', () => {
  it('let a development edition stand beside the published one: another extension, other tasks', () => {
    const { manifest, replaceIds } = makeEdition('development', readManifest(), [id], 'contoso');
    assert.equal(manifest.publisher, 'contoso');
    assert.equal(manifest.id, `${readManifest().id}-development`);
    assert.match(manifest.name, /\(development\)$/);
    assert.match(
      replaceIds(`"taskId": "${id}"`),
      /^"taskId": "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/,
    );
    assert.doesNotMatch(replaceIds(id), new RegExp(id));
    assert.equal(derivedId(id, 'development'), derivedId(id, 'development'));
  });

  it('leave a preview as the manifest says', () => {
    const { manifest, replaceIds } = makeEdition('preview', readManifest(), [id]);
    assert.deepEqual(manifest, readManifest());
    assert.equal(replaceIds(id), id);
  });

  it('are chosen on the command line, which says what there is when asked', () => {
    assert.deepEqual(readOptions([]), { edition: 'preview', publisher: undefined });
    assert.deepEqual(readOptions(['--edition', 'production', '--publisher', 'contoso']), {
      edition: 'production',
      publisher: 'contoso',
    });
    assert.equal(readOptions(['--edition', 'nightly', '--help']), undefined);
    assert.throws(
      () => readOptions(['--edition', 'nightly']),
      /nightly is not one of preview, development, production/,
    );
  });

  it('refuse to publish while the repository is a placeholder', () =>
    assert.throws(() => makeEdition('production', readManifest(), []), /Set "repository"/));

  it('lead from the manifest to the repository', () => {
    const { links, repository } = publishedManifest(readManifest(), 'https://github.com/contoso/mlops');
    assert.equal(repository?.uri, 'https://github.com/contoso/mlops');
    assert.equal(links?.getstarted?.uri, 'https://github.com/contoso/mlops/blob/main/docs/guides/getting-started.md');
    assert.equal(links?.issues?.uri, 'https://github.com/contoso/mlops/issues');
    assert.deepEqual(
      Object.values(links ?? {}).filter(({ uri }) => !uri.startsWith('https://')),
      [],
    );
  });
});
