import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { architectureFile, filesInCircles, withDrawing } from '../../scripts/architecture';
import { taskForms, taskPage, taskPageFile } from '../../scripts/docs';
import { readJson, readTask, root, taskFolders } from '../../scripts/taskManifest';
import { headingAnchors } from '../support/headingAnchors';

describe('The pages of the tasks', () => {
  for (const folder of taskFolders()) {
    it(`${folder} says what task.json says`, async () => {
      const page = existsSync(taskPageFile(folder)) ? readFileSync(taskPageFile(folder), 'utf8') : '';
      assert.equal(page, await taskPage(readTask(folder)), 'Run `npm run docs`.');
    });

    for (const [file, drawing] of taskForms(folder)) {
      it(`${relative(root, file)} draws the form of task.json`, () => {
        assert.equal(existsSync(file) ? readFileSync(file, 'utf8') : '', drawing, 'Run `npm run docs`.');
      });
    }
  }
});

describe('The architecture', () => {
  it('is drawn as the imports are', () => {
    const page = readFileSync(architectureFile, 'utf8');
    assert.equal(page, withDrawing(page), 'Run `npm run docs`.');
  });

  it('has no file that imports itself by way of others', () => {
    assert.deepEqual(filesInCircles(), []);
  });
});

describe('The guides', () => {
  for (const index of ['README.md', 'docs/README.md']) {
    it(`all stand in ${index}`, () => {
      const text = readFileSync(join(root, index), 'utf8');
      const missing = readdirSync(join(root, 'docs', 'guides')).filter((file) => !text.includes(`guides/${file}`));
      assert.deepEqual(missing, []);
    });
  }
});

describe('The texts', () => {
  const { scripts } = readJson<{ scripts: Record<string, string> }>(join(root, 'package.json'));
  const below = (folder: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(root, folder, file));
  const files = [
    join(root, 'README.md'),
    join(root, 'CONTRIBUTING.md'),
    join(root, 'CHANGELOG.md'),
    join(root, 'SUPPORT.md'),
    join(root, 'SECURITY.md'),
  ]
    .concat(below('docs'), below('examples'))
    .filter((file) => file.endsWith('.md'));

  for (const file of files) {
    it(`${relative(root, file)} leads nowhere wrong`, () => {
      const text = readFileSync(file, 'utf8').replace(/^```.*?^```/gms, '');
      const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link]) => link!)
        .filter((link) => !/^https:\/\//.test(link))
        .filter((link) => {
          const [path, anchor] = link.split('#') as [string, string | undefined];
          const target = path === '' ? file : join(dirname(file), path);
          if (!existsSync(target)) return true;
          return anchor !== undefined && !headingAnchors(readFileSync(target, 'utf8')).includes(anchor);
        });
      assert.deepEqual(broken, []);
    });

    it(`${relative(root, file)} names only commands that there are`, () => {
      const named = [...readFileSync(file, 'utf8').matchAll(/\bnpm run ([a-z]+(?:-[a-z]+)*)/g)].map(
        ([, name]) => name!,
      );
      assert.deepEqual(
        named.filter((name) => !(name in scripts)),
        [],
      );
    });
  }
});
