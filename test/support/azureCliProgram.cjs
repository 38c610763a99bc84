/** What of `az` the set-up script calls, upon a subscription in a file: `node azureCliProgram.cjs <file> <arguments of az>`. */
const { readFileSync, writeFileSync } = require('node:fs');
const { randomUUID } = require('node:crypto');

const [file, ...args] = process.argv.slice(2);
const azure = JSON.parse(readFileSync(file, 'utf8'));
azure.calls.push(args);
const words = args
  .slice(
    0,
    args.findIndex((each) => each.startsWith('--')),
  )
  .join(' ');
const option = (name) => args[args.indexOf(`--${name}`) + 1];
const subscription = Object.keys(azure.resources)[0].split('/')[2];
const beneath = (group, rest) => `/subscriptions/${subscription}/resourceGroups/${group}${rest}`;

const commands = {
  'account show': () => ({ id: subscription, tenantId: '72000000-0000-4000-8000-000000000001' }),
  'resource show': () =>
    azure.resources[
      args.includes('--ids')
        ? option('ids')
        : beneath(option('resource-group'), `/providers/${option('resource-type')}/${option('name')}`)
    ],
  'group show': () => azure.resources[beneath(option('name'), '')],
  'provider show': () => ({ registrationState: azure.providers[option('namespace')] ?? 'NotRegistered' }),
  'provider register': () => (azure.providers[option('namespace')] = 'Registered'),
  'identity show': () => azure.identities[option('name')],
  'identity create': () => (azure.identities[option('name')] ??= { principalId: randomUUID(), clientId: randomUUID() }),
  'identity federated-credential show': () => azure.credentials[option('identity-name')],
  'identity federated-credential create': () =>
    (azure.credentials[option('identity-name')] = {
      issuer: option('issuer'),
      subject: option('subject'),
      audience: option('audiences'),
    }),
  'role assignment list': () =>
    azure.assignments
      .filter(({ principal }) => principal === option('assignee'))
      .map(({ role, scope }) => ({ roleDefinitionName: role, scope })),
  'role assignment create': () => {
    const [principal, role, scope] = ['assignee-object-id', 'role', 'scope'].map(option);
    if (!Object.values(azure.identities).some(({ principalId }) => principalId === principal)) return undefined;
    azure.assignments.push({ principal, role, scope });
    return {};
  },
};

const answer = commands[words]?.();
writeFileSync(file, JSON.stringify(azure));
if (answer === undefined) {
  process.stderr.write(`ERROR: (ResourceNotFound) ${args.join(' ')}\n`);
  process.exit(3);
}
const query = args.includes('--query') ? option('query') : '';
const pick = (from, path) => path.split('.').reduce((value, key) => value?.[key], from) ?? '';
const many = /\[([^\]]+)\]$/.exec(query)?.[1].split(',');
// As `--output tsv` writes it: one value a line, or of a list of rows one row a line.
const lines = query.startsWith('[].')
  ? answer.map((each) => many.map((path) => pick(each, path)).join('\t'))
  : (many ?? [query]).map((path) => pick(answer, path));
if (query) process.stdout.write(lines.map((line) => `${line}\n`).join(''));
