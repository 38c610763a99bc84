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

/** The commands of this repository that a text shows, each with the long options that it is given. */
function commandsIn(markdown: string): Array<{ command: string; options: string[] }> {
  const commands = /(scripts\/azure\/setup\.sh|npm run [a-z:-]+(?= -- ))([^`\n#]*)/g;
  return [...markdown.replace(/\\\n/g, ' ').matchAll(commands)].map(([, command, rest]) => ({
    command: command!,
    options: [...rest!.matchAll(/ --([a-z][a-z-]*)/g)].map(([, name]) => name!),
  }));
}

/** The text of the program behind a command: a file of scripts, or the folder in which another one is. */
function programOf(command: string, scripts: Record<string, string>): string {
  const file = command.startsWith('npm run ') ? scripts[command.slice(8)]!.split(' ').at(-1)! : command;
  const folder = dirname(file);
  if (folder.startsWith('scripts')) return readFileSync(join(root, file), 'utf8');
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n');
}

/** In a shell script an option is written as it is given, for `parseArgs` it is a key. */
const hasOption = (program: string, name: string): boolean =>
  program.includes(`--${name} `) || new RegExp(`[\\s{]'?${name}'?: \\{`).test(program);

describe('The commands of a text', () => {
  const setup = readFileSync(join(root, 'scripts/azure/setup.sh'), 'utf8');

  it('are found over several lines, with their options', () =>
    assert.deepEqual(
      commandsIn('```sh\nscripts/azure/setup.sh --one x \\\n  --two y # --three\nnpm run a -- --b-c\n```'),
      [
        { command: 'scripts/azure/setup.sh', options: ['one', 'two'] },
        { command: 'npm run a', options: ['b-c'] },
      ],
    ));

  it('are told apart by what the program knows', () => {
    assert.ok(hasOption(setup, 'signing-key') && !hasOption(setup, 'signing-keys'));
    const pack = programOf('npm run package', { package: 'tsx scripts/package.ts' });
    assert.ok(hasOption(pack, 'edition') && !hasOption(pack, 'version'));
  });
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

    it(`${relative(root, file)} gives commands only options that they have`, () => {
      const unknown = commandsIn(readFileSync(file, 'utf8')).flatMap(({ command, options }) => {
        const program = programOf(command, scripts);
        return options.filter((name) => !hasOption(program, name)).map((name) => `${command} --${name}`);
      });
      assert.deepEqual(unknown, []);
    });
  }
});
