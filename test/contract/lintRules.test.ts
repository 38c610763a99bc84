import assert from 'node:assert/strict';
import { ESLint, Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { root } from '../../scripts/taskManifest';

/** What a file may say and what not: [file, its text, whether it is refused]. */
const cases: Array<[file: string, text: string, refused: boolean]> = [
  // Who may import whom.
  ['tasks/Train/train.ts', "import * as tl from 'azure-pipelines-task-lib';", true],
  ['tasks/Train/train.ts', "import { a } from '@azure/identity';", true],
  ['tasks/Train/train.ts', "import { a } from '../Evaluate/evaluate';", true],
  ['tasks/Train/train.ts', "void import('../Evaluate/evaluate');", true],
  ['tasks/Train/train.ts', "import { a } from '../../local/azure/server';", true],
  ['tasks/Train/train.ts', "import { a } from '../common/azure/ml/models';", false],
  ['tasks/common/azure/ml/models.ts', "import { a } from '@azure/identity';", false],
  ['tasks/common/azure/ml/models.ts', "import { a } from '../../../Train/train';", true],
  ['tasks/common/task/runTask.ts', "import * as tl from 'azure-pipelines-task-lib';", false],
  ['local/azure/server.ts', "import { a } from '../agent/runPipeline';", true],
  ['local/azure/server.ts', "import type { a } from '../agent/runPipeline';", true],
  ['local/azure/server.ts', "import { a } from '../../tasks/common/imageName';", true],
  ['local/azure/server.ts', "import type { a } from '../../tasks/common/record/record';", false],
  ['local/agent/runPipeline.ts', "import { a } from '../azure/server';", true],
  ['local/agent/runPipeline.ts', "void import('../../scripts/build');", true],
  ['local/azure/server.ts', "import { a } from '../../scripts/build';", true],
  ['local/cli.ts', "import { a } from '../scripts/build';", true],
  ['scripts/packageLocal.ts', "import { a } from '../local/agent/builtTasks';", false],

  // A secret is a type of its own.
  ['tasks/Train/train.ts', 'interface A { readonly password: string }', true],
  ['tasks/Train/train.ts', 'interface A { apiKey?: string | undefined }', true],
  ['tasks/Train/train.ts', 'type A = { kind: 1; clientSecret: string }', true],
  ['tasks/Train/train.ts', 'class A { private accessToken: string = ""; }', true],
  ['tasks/Train/train.ts', 'function a(accountKey: string) {}', true],
  ['tasks/Train/train.ts', 'const a = (sasUrl: string) => sasUrl;', true],
  ['tasks/Train/train.ts', 'interface A { readonly password: Secret; key: string }', false],
  ['tasks/Train/train.ts', 'const { body } = request<{ primaryKey: string; password: string }>();', false],

  // No value pretends to be what it is not.
  ['tasks/Train/train.ts', 'const a = {} as ServiceConnection;', true],
  ['test/unit/train/train.test.ts', 'const a = {} as ServiceConnection;', true],
  ['test/unit/train/train.test.ts', 'const a = { b: {} as never };', true],
  ['bench/train.ts', 'const a = {} as unknown as B;', true],
  ['test/unit/train/train.test.ts', 'const a = {} as Record<string, string>;', false],

  // What was thrown need not be an Error.
  ['tasks/Train/train.ts', 'const a = (error as Error).message;', true],
  ['local/azure/server.ts', 'const a = (error as Error).message;', true],
  ['views/tab/main.ts', 'const a = (error as Error).message;', true],
];

/** The rules that need no types: those that forbid a form of the text, and those that keep functions small. */
const looked = [
  'no-restricted-syntax',
  '@typescript-eslint/no-restricted-imports',
  'complexity',
  'max-lines-per-function',
] as const;

const functionOf = (line: string, count: number): string => `function a() {\n${`${line};\n`.repeat(count)}}`;

describe('What ESLint refuses in this repository', () => {
  const eslint = new ESLint({ cwd: root });
  const linter = new Linter({ configType: 'flat' });

  const messagesOf = async (file: string, text: string): Promise<Linter.LintMessage[]> => {
    const { rules } = (await eslint.calculateConfigForFile(file)) as { rules: Linter.RulesRecord };
    return linter.verify(
      text,
      {
        files: ['**/*.ts'],
        plugins: { '@typescript-eslint': tseslint.plugin as unknown as ESLint.Plugin },
        languageOptions: { parser: tseslint.parser },
        rules: Object.fromEntries(looked.flatMap((name) => (rules[name] ? [[name, rules[name]]] : []))),
      },
      { filename: file },
    );
  };

  for (const [file, text, refused] of cases) {
    it(`${refused ? 'refuses' : 'accepts'} ${text} in ${file}`, async () => {
      const messages = await messagesOf(file, text);
      assert.deepEqual(
        messages.filter(({ fatal }) => fatal),
        [],
      );
      assert.equal(messages.length > 0, refused, JSON.stringify(messages));
    });
  }

  for (const file of [
    'tasks/Train/train.ts',
    'tasks/common/criteria/judge.ts',
    'tasks/Evaluate/confidence/bootstrap.ts',
    'local/azure/server.ts',
    'local/agent/runPipeline.ts',
    'views/modelView.ts',
    'scripts/build.ts',
    'bench/train.ts',
  ]) {
    it(`refuses functions that are longer than a screen or have many branches in ${file}`, async () => {
      const rulesOf = async (text: string) => (await messagesOf(file, text)).map(({ ruleId }) => ruleId);
      assert.deepEqual(await rulesOf(functionOf('b()', 55)), []);
      assert.deepEqual(await rulesOf(functionOf('b()', 60)), ['max-lines-per-function']);
      assert.deepEqual(await rulesOf(functionOf('if (b) c()', 14)), []);
      assert.deepEqual(await rulesOf(functionOf('if (b) c()', 15)), ['complexity']);
    });
  }
});
