import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { matchingFiles } from '../../scripts/matchingFiles';
import { root } from '../../scripts/taskManifest';
import areas from '../mutation/areas.json';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const files = ['azure-pipelines.yml', ...readdirSync(join(root, '.pipelines')).map((file) => `.pipelines/${file}`)];

describe("The repository's own pipelines", () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

  for (const file of files) {
    it(`${file} runs commands that there are`, () => {
      const text = read(file);
      const commands = [...text.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name]) => name!);
      for (const command of commands) assert.ok(command in scripts, command);
      const templates = [...text.matchAll(/- template: (\S+)/g)].map(([, path]) => path!);
      for (const path of templates) assert.ok(existsSync(join(root, path)), path);
    });
  }

  it('run the mutation tester once a week, on every area', () => {
    interface Pipeline {
      trigger: string;
      schedules: Array<{ cron: string; branches: { include: string[] } }>;
      jobs: Array<{ strategy: { matrix: Record<string, { area: string }> }; steps: Array<{ script?: string }> }>;
    }
    const { trigger, schedules, jobs } = parse(read('.pipelines/mutation.yml')) as Pipeline;
    assert.equal(trigger, 'none', 'not with every push');
    assert.match(schedules[0]!.cron, /^\d+ \d+ \* \* \w+$/);
    assert.deepEqual(schedules[0]!.branches.include, ['main']);
    const [job] = jobs;
    const named = Object.values(job!.strategy.matrix).map(({ area }) => area);
    assert.deepEqual(named.sort(), Object.keys(areas).sort());
    assert.ok(job!.steps.some(({ script }) => script === 'npm run mutation -- $(area)'));
  });

  it('mutate no less than the folders that decide', () => {
    const mutated = Object.values(areas).flatMap(({ mutate }) => mutate);
    for (const folder of [
      'tasks/DeployACI/',
      'tasks/common/deployment/',
      'tasks/Evaluate/',
      'tasks/common/criteria/',
      'tasks/common/azure/storage/',
    ]) {
      assert.ok(mutated.includes(`${folder}**/*.ts`), folder);
    }
    const leftOut = mutated.filter((pattern) => pattern.startsWith('!'));
    // What one area leaves out is an area of its own, or starts a task and does no more.
    const elsewhere = leftOut.filter((pattern) => !mutated.includes(pattern.slice(1)));
    assert.deepEqual(elsewhere.sort(), ['!tasks/DeployACI/{main,postjob}.ts', '!tasks/Evaluate/{main,postjob}.ts']);
  });

  for (const [name, { mutate, tests }] of Object.entries(areas)) {
    it(`name files that there are, to mutate and to test ${name}`, () => {
      matchingFiles(
        'tasks',
        mutate.map((pattern) => pattern.replace('!', '')),
      );
      matchingFiles('test/unit', tests);
    });
  }

  it('count no change that a comment hides', () => {
    const comment = /Stryker (disable|restore)/;
    const folders = ['tasks'];
    for (const folder of folders) {
      for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
        if (file.endsWith('.ts')) assert.doesNotMatch(read(join(folder, file)), comment, file);
      }
    }
  });
});
