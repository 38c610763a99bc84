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
    az.vaults['my-vault'] = { hasRoles: true, policies: [] };
    const dry = await az.setup('--dry-run', '--signing-key', `${key}/0123456789abcdef`);
    assert.match(dry.output, /create {2}role Key Vault Crypto User of mlops-connection on model-release\n/);
    assert.deepEqual(az.assignments, []);
    await az.setup('--yes', '--signing-key', key);
    const scope = `${az.vaultId('my-vault')}/keys/model-release`;
    assert.deepEqual(az.rolesOf('mlops-connection').at(-1), { role: 'Key Vault Crypto User', scope });
    assert.match((await az.setup('--yes', '--signing-key', key)).output, /There is nothing left to do/);
  });

  const onAll = 'access policy of mlops-connection in my-vault: get and sign with all keys of this vault';
  const another = { objectId: 'another', permissions: { keys: ['get', 'sign'] } };

  it('gives it an access policy where the vault grants by those, and says that it is for all keys', async () => {
    az = await AzureCli.start();
    az.vaults['my-vault'] = { hasRoles: false, policies: [another] };
    const { code, output } = await az.setup('--yes', '--signing-key', key);
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`create {2}${onAll}`));
    const objectId = az.identities['mlops-connection']!.principalId;
    assert.deepEqual(az.vaults['my-vault'].policies, [another, { objectId, permissions: { keys: ['get', 'sign'] } }]);
    const second = await az.setup('--yes', '--signing-key', key);
    assert.match(second.output, new RegExp(`exists {2}${onAll}`));
    assert.match(second.output, /There is nothing left to do/);
  });

  for (const [held, then] of [
    [{ secrets: ['get'] }, { secrets: ['get'], keys: ['get', 'sign'] }],
    [{ keys: ['Get', 'list', 'wrapKey'] }, { keys: ['Get', 'list', 'wrapKey', 'sign'] }],
    [{ keys: ['all'] }, { keys: ['all'] }],
  ]) {
    it(`adds to a policy ${JSON.stringify(held)} what is missing, and takes nothing away`, async () => {
      az = await AzureCli.start();
      await az.setup('--yes');
      const objectId = az.identities['mlops-connection']!.principalId;
      const forAnApplication = { objectId, applicationId: 'a', permissions: { keys: ['get', 'sign'] } };
      az.vaults['my-vault'] = {
        hasRoles: false,
        policies: [another, forAnApplication, { objectId, permissions: { ...held } }],
      };
      const { code, output } = await az.setup('--yes', '--signing-key', key);
      assert.equal(code, 0, output);
      assert.deepEqual(az.vaults['my-vault'].policies, [another, forAnApplication, { objectId, permissions: then }]);
    });
  }

  const prices = 'Microsoft.MachineLearningServices/locations/vmSizes/read';

  it('makes a role that reads prices and nothing else, and waits until Azure knows it', async () => {
    az = await AzureCli.start();
    az.slowRoles = 2;
    const { code, output } = await az.setup('--yes', '--prices');
    assert.equal(code, 0, output);
    const scope = az.workspace.split('/').slice(0, 3).join('/');
    // Its name is unique in the tenant, which has other subscriptions.
    const role = `MLOps Price Reader (${scope.split('/').at(-1)})`;
    assert.deepEqual(az.rolesOf('mlops-connection').at(-1), { role, scope, actions: [prices] });
    assert.deepEqual(az.roleDefinitions[role]!.AssignableScopes, [scope]);
    assert.match((await az.setup('--yes', '--prices')).output, /There is nothing left to do/);
  });

  for (const more of [{ Actions: [prices, '*/read'] }, { DataActions: ['*'] }, { Actions: ['*'] }]) {
    it(`refuses a role of that name that allows ${JSON.stringify(more)}, before it does anything`, async () => {
      az = await AzureCli.start();
      const scope = az.workspace.split('/').slice(0, 3).join('/');
      const role = `MLOps Price Reader (${scope.split('/').at(-1)})`;
      az.roleDefinitions[role] = { Actions: [prices], AssignableScopes: [scope], ...more };
      const { code, output } = await az.setup('--yes', '--prices');
      assert.equal(code, 1);
      assert.match(output, /should allow \S+vmSizes\/read and nothing else, but it allows: .*\*/);
      assert.deepEqual([az.identities, az.assignments], [{}, []]);
    });
  }

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
