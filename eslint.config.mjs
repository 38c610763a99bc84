import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Arrows that design forbids, be it by `import` or by `import()`: [imported, why]. */
const forbid = (...arrows) => ({
  'no-restricted-imports': ['error', { patterns: arrows.map(([regex, message]) => ({ regex, message })) }],
  'no-restricted-syntax': [
    'error',
    ...arrows.map(([regex, message]) => ({
      // A selector's regular expression may hold no slash.
      selector: `ImportExpression > Literal[value=/${regex.replaceAll('/', '\\u002F')}/]`,
      message,
    })),
  ],
});
const taskLib = ['^azure-pipelines-task-lib', 'The agent is reached through tasks/common/task.'];
const azure = ['^@azure/', 'Azure is reached through tasks/common/azure.'];
const local = ['(^|/)local/', 'Nothing under tasks/ knows of the local Azure or agent.'];
const otherTask = [
  '^(\\.\\./)+(Train|Evaluate|PackageImage|DeployACI|TestEndpoint)(/|$)',
  'No task imports another task.',
];
const anyTask = ['/(Train|Evaluate|PackageImage|DeployACI|TestEndpoint)(/|$)', 'common imports no task.'];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.local/', '**/*.cjs'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  { files: ['tasks/*/**/*.ts'], rules: forbid(taskLib, azure, local, otherTask) },
  { files: ['tasks/common/**/*.ts'], rules: forbid(taskLib, azure, local, anyTask) },
  { files: ['tasks/common/task/**/*.ts'], rules: forbid(azure, local, anyTask) },
  { files: ['tasks/common/azure/**/*.ts'], rules: forbid(taskLib, local, anyTask) },
  { files: ['**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } } },
);
