import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { namedInCommand } from '../../../tasks/Train/rootCode';

describe("code at the repository's root", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(path.join(tmpdir(), 'root-code-'));
    mkdirSync(path.join(root, 'src'));
    for (const file of ['train.py', 'src/fit.py', 'run.sh']) writeFileSync(path.join(root, file), '');
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  for (const [command, named] of [
    ['python train.py --alpha 0.5', 'train.py'],
    ["pip install -q six && python './train.py'", './train.py'],
    ['python -u src/fit.py', 'src/fit.py'],
    ['python -m src.fit --rounds 3', 'src/fit.py'],
    ['bash run.sh', 'run.sh'],
    ['mlflow run . -e main', '.'],
  ] as const) {
    it(`is what "${command}" needs`, () => assert.equal(namedInCommand(command, root), named));
  }

  for (const command of ['python -c "print(1.5)"', 'python -m pip list', 'echo hello', 'cat /etc/hosts ../train.py']) {
    it(`is not what "${command}" needs`, () => assert.equal(namedInCommand(command, root), undefined));
  }
});
