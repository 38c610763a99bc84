import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildTasks } from '../../scripts/build';
import { fileUrl } from '../../scripts/repository';
import { root } from '../../scripts/taskManifest';
import { TaskFailure } from '../../tasks/common/taskFailure';
import { helpLink, helpTopics } from '../../tasks/common/troubleshooting';
import { headingAnchors } from '../support/headingAnchors';

describe('Failures that lead to the troubleshooting guide', () => {
  const guide = readFileSync(join(root, 'docs', 'guides', 'troubleshooting.md'), 'utf8');
  const sources = readdirSync(join(root, 'tasks'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('troubleshooting.ts'))
    .map((file) => readFileSync(join(root, 'tasks', file), 'utf8'))
    .join('\n');

  for (const topic of helpTopics) {
    it(`${topic} has its heading there, with something beneath it, and a failure that names it`, () => {
      assert.ok(headingAnchors(guide).includes(topic), 'The guide has no such heading.');
      const [, ...sections] = guide.split(/^#+ /m);
      const own = sections.find((section) => headingAnchors(`# ${section.split('\n')[0]}`)[0] === topic)!;
      assert.ok(own.split('\n').slice(1).join('').trim().length > 100, 'Its section is empty.');
      assert.ok(sources.includes(`'${topic}'`), 'No failure leads there.');
    });
  }

  it('give the absolute address in the built tasks, made of the one address of the repository', async () => {
    await buildTasks(['Evaluate']);
    const code = ['task.js', 'packages.js'].map((file) =>
      readFileSync(join(root, 'dist/tasks/Evaluate', file), 'utf8'),
    );
    for (const topic of helpTopics) {
      assert.ok(code.join('').includes(fileUrl(`docs/guides/troubleshooting.md#${topic}`)), topic);
    }
  });

  it('name the page where nothing was built', () => {
    assert.equal(helpLink('roles'), 'docs/guides/troubleshooting.md#roles');
  });

  it('lead where their cause leads, unless they know better', () => {
    const cause = new TaskFailure('A role is missing.', undefined, { help: 'roles' });
    assert.equal(new TaskFailure('It could not be undone.', undefined, { cause }).help, 'roles');
    assert.equal(new TaskFailure('Else.', undefined, { cause, help: 'certificates' }).help, 'certificates');
    assert.equal(new TaskFailure('Else.', undefined, { cause: new Error('x') }).help, undefined);
    assert.equal(new TaskFailure('Else.').help, undefined);
  });
});
