import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readEvidence } from '../../scripts/pictures/evidence';
import { drawnSources } from '../../scripts/pictures/main';
import { sceneSize, scenes, sourceHash } from '../../scripts/pictures/scenes';
import { pngSize } from '../../scripts/pngSize';
import { root } from '../../scripts/taskManifest';
import { readManifest } from '../../scripts/validateManifest';

// A drawing differs from machine to machine, what it is drawn from does not.
describe('The pictures of the marketplace page', () => {
  const evidence = readEvidence();
  const all = scenes(evidence);

  for (const scene of all) {
    it(`${scene.file} shows what the views, the texts and the kept run say`, () => {
      assert.equal(drawnSources()[scene.file], sourceHash(scene, evidence), 'Run `npm run pictures`.');
      const file = join(root, 'images', scene.file);
      assert.deepEqual(pngSize(file), sceneSize);
      assert.ok(statSync(file).size < 250_000, 'it is too large for the package');
    });
  }

  it('are the screenshots of the manifest, and there is no other', () => {
    const { screenshots = [] } = readManifest();
    assert.deepEqual(
      screenshots.map(({ path }) => path),
      all.map(({ file }) => `images/${file}`),
    );
    const pictures = readdirSync(join(root, 'images')).filter((file) => file.endsWith('.png'));
    assert.deepEqual(pictures.sort(), ['chain.png', 'icon.png', ...all.map(({ file }) => file)].sort());
  });

  it('say in the picture itself what they are', () => {
    for (const { caption } of all) assert.match(caption, /quickstart on the local Azure|^Previews/);
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    assert.ok(!readme.includes('images/run'), 'README shows a page that installers never see');
  });
});
