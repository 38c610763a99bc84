import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTask, root } from '../../scripts/taskManifest';

const folders: Record<string, string> = {
  Train: 'Train',
  Evaluate: 'Evaluate',
  'Package-Image': 'PackageImage',
  'Deploy-ACI': 'DeployACI',
  'Test-Endpoint': 'TestEndpoint',
  WaitForTraining: 'WaitForTraining',
};

describe('the guide for those who come from something else', () => {
  const text = readFileSync(join(root, 'docs', 'guides', 'migration.md'), 'utf8');
  const named = [
    ...text.matchAll(/\b(Train|Evaluate|Package-Image|Deploy-ACI|Test-Endpoint|WaitForTraining): ((?:`\w+`(?:, )?)+)/g),
  ];

  it('names inputs that there are', () => {
    assert.ok(named.length > 50);
    const unknown = named.flatMap(([, task = '', inputs = '']) => {
      const known = readTask(folders[task]!).inputs.map(({ name }) => name);
      const names = [...inputs.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
      return names.filter((name) => !known.includes(name)).map((name) => `${task}: ${name}`);
    });
    assert.deepEqual(unknown, []);
  });

  it('lets the inputs of AzureMLJobWaitTask stay as they are', () => {
    const { inputs } = readTask('WaitForTraining');
    const [, theirs = ''] = /## AzureMLJobWaitTask@1\n(.*?)\n## /s.exec(text) ?? [];
    for (const [, there, here] of theirs.matchAll(/^\| `(\w+)` +\| WaitForTraining: `(\w+)`/gm)) {
      assert.deepEqual(inputs.find(({ name }) => name === here)?.aliases, [there]);
    }
    assert.equal(inputs.filter(({ aliases }) => aliases).length, 4);
  });
});
