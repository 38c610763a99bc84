import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Arrows that the design forbids, be it by `import` or by `import()`: [imported, why, whether types may cross]. */
const forbid = (...arrows) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    { patterns: arrows.map(([regex, message, allowTypeImports = false]) => ({ regex, message, allowTypeImports })) },
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: "MemberExpression[property.name='message'] > TSAsExpression[typeAnnotation.typeName.name='Error']",
      message: 'What was thrown need not be an Error: messageOf(error) says it.',
    },
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
// A double that shares code with its subject hides the subject's faults.
const task = ['/tasks/(?!common/record/record$)', 'Only types of the record cross from tasks/.'];
const record = ['/tasks/common/record/record$', 'Only types of the record cross from tasks/.', true];
const localAgent = ['/agent/', 'The local Azure does not know the local agent.'];
const localAzure = ['/azure/', 'The local agent knows a cloud by its service connections only, as an agent does.'];
const anyLocal = ['/local/', 'What a run shows knows the record only.'];

export default tseslint.config(
  { ignores: ['dist/', '**/node_modules/', '.local/', 'test/mutation/copies/', '**/*.cjs'] },
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
      // Their text is what a URL needs.
      '@typescript-eslint/restrict-template-expressions': ['error', { allow: ['Error', 'URL', 'URLSearchParams'] }],
      complexity: ['error', 33],
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
  { files: ['local/**/*.ts'], rules: forbid(task, record) },
  { files: ['local/azure/**/*.ts'], rules: forbid(task, record, localAgent) },
  { files: ['local/agent/**/*.ts'], rules: forbid(task, record, localAzure) },
  { files: ['views/**/*.ts'], rules: forbid(task, record, anyLocal) },
  { files: ['**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } } },
);
