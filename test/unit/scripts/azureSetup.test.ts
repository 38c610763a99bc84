import assert from 'node:assert/strict';
import { AzureCli } from '../../support/azureCli';

const federation = [
  '--issuer',
  'https://login.example/tenant/v2.0',
  '--subject',
  'sc://organisation/project/connection',
];

describe('scripts/azure/setup.sh', function () {
  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  let az: AzureCli;
  afterEach(() => az.close());

  it('says what it would do, and does nothing', async () => {
    az = await AzureCli.start();
    const { code, output } = await az.setup('--dry-run');
    assert.equal(code, 0, output);
    assert.match(output, /create {2}identity mlops-connection/);
    assert.match(output, /create {2}role AzureML Data Scientist of mlops-connection on quick-starts-ws/);
    assert.match(output, /later {3}federated credential/);
    const { identities, assignments, calls } = az;
    assert.deepEqual([identities, assignments], [{}, []]);
    assert.ok(calls.every((args) => !args.includes('create') && !args.includes('register')));
  });

  it('makes identities, the federated credential and the least roles, each on one resource', async () => {
    az = await AzureCli.start();
    const { code, output } = await az.setup('--yes', ...federation);
    assert.equal(code, 0, output);
    const group = az.workspace.split('/').slice(0, 5).join('/');
    assert.deepEqual(az.rolesOf('mlops-connection'), [
      { role: 'AzureML Data Scientist', scope: az.workspace },
      { role: 'Container Registry Tasks Contributor', scope: az.registry },
      { role: 'AcrPush', scope: az.registry },
      { role: 'Azure Container Instances Contributor', scope: group },
      {
        role: 'Managed Identity Operator',
        scope: `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mlops-pull`,
      },
    ]);
    assert.deepEqual(az.rolesOf('mlops-pull'), [{ role: 'AcrPull', scope: az.registry }]);
    assert.deepEqual(az.credentials['mlops-connection'], {
      issuer: 'https://login.example/tenant/v2.0',
      subject: 'sc://organisation/project/connection',
      audience: 'api://AzureADTokenExchange',
    });
    assert.match(output, new RegExp(`Client id +${az.identities['mlops-connection']!.clientId}`));
  });

  it('can be run again: it makes what is missing, and nothing twice', async () => {
    az = await AzureCli.start();
    await az.setup('--yes');
    const before = az.assignments.length;
    const second = await az.setup('--yes', ...federation);
    assert.equal(second.code, 0, second.output);
    assert.equal(az.assignments.length, before);
    assert.ok(az.credentials['mlops-connection']);
    const third = await az.setup('--yes', ...federation);
    assert.match(third.output, /There is nothing left to do/);
  });

  it('gives a registry with ABAC repository permissions the roles that it honours', async () => {
    az = await AzureCli.start('AbacRepositoryPermissions');
    const { code, output } = await az.setup('--yes');
    assert.equal(code, 0, output);
    assert.ok(az.rolesOf('mlops-connection').some(({ role }) => role === 'Container Registry Repository Writer'));
    assert.deepEqual(
      az.rolesOf('mlops-pull').map(({ role }) => role),
      ['Container Registry Repository Reader'],
    );
  });

  const key = 'https://my-vault.vault.azure.net/keys/model-release';

  it('lets the identity sign with the one key, where the vault grants by roles', async () => {
    az = await AzureCli.start();
    az.vaults['my-vault'] = { hasRoles: true, principals: [] };
    const dry = await az.setup('--dry-run', '--signing-key', `${key}/0123456789abcdef`);
    assert.match(dry.output, /create {2}role Key Vault Crypto User of mlops-connection on model-release\n/);
    assert.deepEqual(az.assignments, []);
    await az.setup('--yes', '--signing-key', key);
    const scope = `${az.vaultId('my-vault')}/keys/model-release`;
    assert.deepEqual(az.rolesOf('mlops-connection').at(-1), { role: 'Key Vault Crypto User', scope });
    assert.match((await az.setup('--yes', '--signing-key', key)).output, /There is nothing left to do/);
  });

  it('gives it an access policy where the vault grants by those', async () => {
    az = await AzureCli.start();
    az.vaults['my-vault'] = { hasRoles: false, principals: ['another'] };
    const { code, output } = await az.setup('--yes', '--signing-key', key);
    assert.equal(code, 0, output);
    assert.deepEqual(az.vaults['my-vault'].principals, ['another', az.identities['mlops-connection']!.principalId]);
    const policy = az.calls.find((words) => words[1] === 'set-policy')!;
    assert.deepEqual(policy.slice(policy.indexOf('--key-permissions') + 1), ['get', 'list', 'sign']);
    assert.match((await az.setup('--yes', '--signing-key', key)).output, /There is nothing left to do/);
  });

  it('makes a role that reads prices and nothing else, and waits until Azure knows it', async () => {
    az = await AzureCli.start();
    az.slowRoles = 2;
    const { code, output } = await az.setup('--yes', '--prices');
    assert.equal(code, 0, output);
    const scope = az.workspace.split('/').slice(0, 3).join('/');
    const actions = ['Microsoft.MachineLearningServices/locations/vmSizes/read'];
    assert.deepEqual(az.rolesOf('mlops-connection').at(-1), { role: 'MLOps Price Reader', scope, actions });
    assert.deepEqual(az.roleDefinitions['MLOps Price Reader']!.AssignableScopes, [scope]);
    assert.match((await az.setup('--yes', '--prices')).output, /There is nothing left to do/);
  });

  for (const [what, args, message] of [
    ['half a federation', ['--issuer', 'https://login.example'], /--issuer and --subject together/],
    ['an unknown option', ['--workspce', 'x'], /unknown option --workspce/],
    ['an option without a value', ['--group'], /--group needs a value/],
    [
      'what is not a key',
      ['--signing-key', 'https://my-vault.vault.azure.net/secrets/x'],
      /not the identifier of a key/,
    ],
    ['a vault that is not there', ['--signing-key', key], /no key vault my-vault/],
    ['a resource group that is not there', ['--group', 'nowhere'], /no resource group nowhere/],
  ] as const) {
    it(`refuses ${what} before it does anything`, async () => {
      az = await AzureCli.start();
      const { code, output } = await az.setup('--yes', ...args);
      assert.equal(code, 1);
      assert.match(output, message);
      assert.deepEqual(az.assignments, []);
    });
  }
});
