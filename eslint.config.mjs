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
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'off',
      // What stands behind an interface of promises is async without awaiting, so that its errors are rejections too.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    // Tests read answers as they come: what is not there fails the assertion on it.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['tasks/*/**/*.ts'], rules: forbid(taskLib, azure, local, otherTask) },
  { files: ['tasks/common/**/*.ts'], rules: forbid(taskLib, azure, local, anyTask) },
  { files: ['tasks/common/task/**/*.ts'], rules: forbid(azure, local, anyTask) },
  { files: ['tasks/common/azure/**/*.ts'], rules: forbid(taskLib, local, anyTask) },
  { files: ['**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } } },
);
