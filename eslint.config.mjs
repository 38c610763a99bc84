import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Forbidden everywhere, tests too. */
const everywhere = [
  {
    // An empty record is what it says; an empty anything else is missing all that its type promises.
    selector: "TSAsExpression:not([typeAnnotation.typeName.name='Record']) > ObjectExpression[properties.length=0]",
    message: 'An empty object pretends to be what its type says: give it what it needs, or a narrower type.',
  },
];

/** Forbidden in what ships. */
const shipped = [
  ...everywhere,
  {
    selector: "MemberExpression[property.name='message'] > TSAsExpression[typeAnnotation.typeName.name='Error']",
    message: 'What was thrown need not be an Error: messageOf(error) says it.',
  },
];

/**
 * A secret is a Secret from where it is read to where it is sent. What a service's own JSON is like stands in the type
 * argument of a request, and is not looked at.
 */
const secretName =
  '/(password|passphrase|secret|apiKey|accountKey|workspaceKey|accessToken|sasUrl|containerSas|certificatePem)$/i';
const secrets = [
  `:matches(TSInterfaceBody, TSTypeAliasDeclaration TSTypeLiteral) > TSPropertySignature[key.name=${secretName}]`,
  `PropertyDefinition[key.name=${secretName}]`,
  `:function > Identifier[name=${secretName}]`,
]
  .flatMap((declared) => [`${declared} > TSTypeAnnotation`, `${declared} > TSTypeAnnotation > TSUnionType`])
  .map((type) => `${type} > TSStringKeyword`)
  .map((selector) => ({ selector, message: 'A secret is a Secret (tasks/common/secret.ts), which no log shows.' }));

/** Arrows that the design forbids, be it by `import` or by `import()`: [imported, why, whether types may cross]. */
const forbid = (restrictions, ...arrows) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    { patterns: arrows.map(([regex, message, allowTypeImports = false]) => ({ regex, message, allowTypeImports })) },
  ],
  'no-restricted-syntax': [
    'error',
    ...restrictions,
    ...arrows.map(([regex, message]) => ({
      // A selector's regular expression may hold no slash.
      selector: `ImportExpression > Literal[value=/${regex.replaceAll('/', '\\u002F')}/]`,
      message,
    })),
  ],
});
const inTasks = [...shipped, ...secrets];
const taskLib = ['^azure-pipelines-task-lib', 'The agent is reached through tasks/common/task.'];
const azure = ['^@azure/', 'Azure is reached through tasks/common/azure.'];
const local = ['(^|/)local/', 'Nothing under tasks/ knows of the local Azure or agent.'];
const otherTask = [
  '^(\\.\\./)+(Train|Evaluate|PackageImage|DeployACI|TestEndpoint)(/|$)',
  'No task imports another task.',
];
const anyTask = ['/(Train|Evaluate|PackageImage|DeployACI|TestEndpoint)(/|$)', 'common imports no task.'];
// A double that shares code with its subject hides the subject's faults.
const task = [
  '/tasks/(?!common/record/(record|record\\.schema\\.json|checkSchema|places|approvalsText)$)',
  'Only the record crosses from tasks/: its types and schema, and what it says in words and links.',
];
const record = ['/tasks/common/record/record$', 'Only types of the record cross from tasks/.', true];
const localAgent = ['/agent/', 'The local Azure does not know the local agent.'];
const localAzure = ['/azure/', 'The local agent knows a cloud by its service connections only, as an agent does.'];
const scripts = ['/scripts/', 'Scripts make and check what is local; what is local starts them, and imports none.'];
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
      // What is written reads as named steps; the same holds of tests.
      complexity: ['error', 15],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': ['error', ...everywhere],
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
  {
    files: ['{local,views,scripts,bench}/**/*.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['tasks/**/*.ts'],
    rules: {
      // Each step fits a screen, its comments too.
      'max-lines-per-function': ['error', 60],
    },
  },
  { files: ['tasks/*/**/*.ts'], rules: forbid(inTasks, taskLib, azure, local, otherTask) },
  { files: ['tasks/common/**/*.ts'], rules: forbid(inTasks, taskLib, azure, local, anyTask) },
  { files: ['tasks/common/task/**/*.ts'], rules: forbid(inTasks, azure, local, anyTask) },
  { files: ['tasks/common/azure/**/*.ts'], rules: forbid(inTasks, taskLib, local, anyTask) },
  { files: ['local/**/*.ts'], rules: forbid(shipped, task, record, scripts) },
  { files: ['local/azure/**/*.ts'], rules: forbid(shipped, task, record, localAgent, scripts) },
  { files: ['local/agent/**/*.ts'], rules: forbid(shipped, task, record, localAzure, scripts) },
  { files: ['views/**/*.ts'], rules: forbid(shipped, task, record, anyLocal) },
  { files: ['**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } } },
);
