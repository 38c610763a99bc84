import assert from 'node:assert/strict';
import { revealed } from '../../../tasks/common/secret';
import { readInputs, readPostJobInputs } from '../../../tasks/DeployACI/inputs';
import { someRegistryConnection } from '../../support/agentInputs';
import { readTaskInputs } from '../../support/readTaskInputs';

const least = { azureSubscription: 'c', resourceGroup: 'rg' };
const read = (given: Record<string, string> = {}) => readTaskInputs('DeployACI', readInputs, { ...least, ...given });
const digest = `sha256:${'a'.repeat(64)}`;
const subnet = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n/subnets/x';

describe('the inputs of Deploy-ACI', () => {
  it('have the defaults of task.json', async () => {
    const { inputs, problems } = await read();
    assert.deepEqual(problems, []);
    const { connection, gatewayImage, ...rest } = inputs;
    assert.equal(connection.subscriptionId, 'subscription-1');
    assert.match(gatewayImage, /^docker\.io\/library\/caddy:/);
    assert.deepEqual(JSON.parse(JSON.stringify(rest)), {
      resourceGroup: 'rg',
      allowImageTag: false,
      requireApproval: true,
      registryAuthentication: { kind: 'managedIdentity' },
      cpu: 1,
      memoryInGB: 1.5,
      environmentVariables: {},
      secretEnvironmentVariables: {},
      restartPolicy: 'Always',
      probes: true,
      https: false,
      dnsNameLabelReuse: 'Unsecure',
      strategy: 'replace',
      rollbackOnFailure: true,
      keepFailedGroup: false,
      startTimeoutInMinutes: 10,
      tags: {},
      zones: [],
      priority: 'Regular',
      sku: 'Standard',
    });
  });

  it('are read each from the input of its name', async () => {
    const { inputs, problems } = await read({
      workspace: 'w',
      recordFile: __filename,
      containerGroup: 'group',
      location: 'West Europe',
      image: `r.example.net/i@${digest}`,
      allowImageTag: 'true',
      requireApproval: 'false',
      requireSignature: 'true',
      trustedKeys: 'https://v.vault.azure.net/keys/k',
      userAssignedIdentity: 'puller',
      cpu: '2',
      memoryInGB: '3.5',
      port: '8080',
      environmentVariables: 'A=1',
      secretEnvironmentVariables: 'B=secret-2',
      restartPolicy: 'OnFailure',
      probes: 'false',
      readinessPath: '/ready',
      scoringPath: '/predict',
      https: 'true',
      apiKey: 'a-key-of-sixteen',
      gatewayImage: 'caddy:2',
      certificateAuthority: 'https://acme.example.net/directory',
      certificateShare: 'account/share',
      dnsNameLabel: 'estimator',
      dnsNameLabelReuse: 'Noreuse',
      strategy: 'verifyFirst',
      rollbackOnFailure: 'false',
      keepFailedGroup: 'true',
      startTimeoutInMinutes: '20',
      tags: 'team=ml',
      zones: '1, 2',
      logAnalyticsWorkspace: 'logs',
      sku: 'Confidential',
      confidentialPolicy: 'policy',
    });
    assert.deepEqual(problems, []);
    const { connection: _, apiKey, secretEnvironmentVariables, ...rest } = inputs;
    assert.equal(apiKey?.reveal(), 'a-key-of-sixteen');
    assert.deepEqual(revealed(secretEnvironmentVariables), { B: 'secret-2' });
    assert.deepEqual(rest, {
      resourceGroup: 'rg',
      workspace: 'w',
      recordFile: __filename,
      containerGroup: 'group',
      location: 'westeurope',
      image: `r.example.net/i@${digest}`,
      allowImageTag: true,
      requireApproval: false,
      trustedKeys: [{ kind: 'keyVault', id: { vault: 'https://v.vault.azure.net', name: 'k', version: undefined } }],
      registryAuthentication: { kind: 'managedIdentity', identity: 'puller' },
      cpu: 2,
      memoryInGB: 3.5,
      port: 8080,
      environmentVariables: { A: '1' },
      restartPolicy: 'OnFailure',
      probes: false,
      readinessPath: '/ready',
      scoringPath: '/predict',
      https: true,
      gatewayImage: 'caddy:2',
      certificateAuthority: 'https://acme.example.net/directory',
      certificateShare: 'account/share',
      dnsNameLabel: 'estimator',
      dnsNameLabelReuse: 'Noreuse',
      subnet: undefined,
      strategy: 'verifyFirst',
      rollbackOnFailure: false,
      keepFailedGroup: true,
      startTimeoutInMinutes: 20,
      tags: { team: 'ml' },
      zones: ['1', '2'],
      logAnalyticsWorkspace: 'logs',
      priority: 'Regular',
      sku: 'Confidential',
      confidentialPolicy: 'policy',
    });
  });

  it('take every choice of task.json', async () => {
    for (const [name, choices] of Object.entries({
      restartPolicy: ['Always', 'OnFailure', 'Never'],
      dnsNameLabelReuse: ['Unsecure', 'TenantReuse', 'SubscriptionReuse', 'ResourceGroupReuse', 'Noreuse'],
      strategy: ['replace', 'verifyFirst'],
      priority: ['Regular', 'Spot'],
      sku: ['Standard', 'Confidential'],
    })) {
      for (const choice of choices) {
        const { inputs, problems } = await read({ [name]: choice });
        assert.deepEqual([inputs[name as 'sku'], problems], [choice, []]);
      }
    }
  });

  it('say who pulls the image', async () => {
    const by = async (given: Record<string, string>) => (await read(given)).inputs.registryAuthentication;
    assert.deepEqual(await by({ registryAuthentication: 'adminUser', userAssignedIdentity: 'x' }), {
      kind: 'adminUser',
    });
    assert.deepEqual(await by({ registryAuthentication: 'none' }), { kind: 'none' });
    const login = { registryAuthentication: 'credentials', imageConnection: someRegistryConnection.id };
    const credentials = await by(login);
    assert.ok(credentials.kind === 'credentials');
    const { server, userName, password } = credentials.connection;
    assert.deepEqual([server, userName, password.reveal()], ['registry.example.com', 'reader', 'password-1']);
  });

  it("take the service connection's own resource group where none is named", async () => {
    const data = { resourceGroupName: 'scoped' };
    const scoped = await readTaskInputs('DeployACI', readInputs, { azureSubscription: 'c' }, { data });
    assert.deepEqual([scoped.inputs.resourceGroup, scoped.problems], ['scoped', []]);
    assert.equal((await readTaskInputs('DeployACI', readInputs, least, { data })).inputs.resourceGroup, 'rg');
  });

  it('take the subscription that is named in place of the connection’s', async () => {
    const subscription = '00000000-0000-0000-0000-000000000001';
    assert.equal((await read({ subscription })).inputs.connection.subscriptionId, subscription);
  });

  const tooLong = 'x'.repeat(257);
  const wrong: Array<[given: Record<string, string>, ...problems: string[]]> = [
    [
      { resourceGroup: '' },
      'resourceGroup: it is empty, and the service connection is not scoped to one. Name the resource group.',
    ],
    [
      { registryAuthentication: 'credentials' },
      'imageConnection: no service connection is chosen. Choose a Docker registry service connection.',
    ],
    [
      { secretEnvironmentVariables: '1A=secret' },
      'secretEnvironmentVariables: line 1: it does not begin with a valid name of an environment variable. Use letters, digits and underscores only, and do not begin with a digit.',
    ],
    [
      { environmentVariables: 'A=1', secretEnvironmentVariables: 'A=secret' },
      'secretEnvironmentVariables: line 1: its name is also in environmentVariables. Keep one of them.',
    ],
    [
      { containerGroup: 'My_Group' },
      'containerGroup: "My_Group" is not a name for a container group. Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.',
    ],
    [
      { dnsNameLabel: '1abc' },
      'dnsNameLabel: "1abc" is not a DNS name label. Use 5 to 63 lower-case letters, digits and hyphens, a letter first and a letter or digit last.',
    ],
    [
      { readinessPath: 'ready' },
      'readinessPath: "ready" is not a route. It starts with one / and contains only letters, digits and . _ ~ / -.',
    ],
    [
      { scoringPath: '/a b' },
      'scoringPath: "/a b" is not a route. It starts with one / and contains only letters, digits and . _ ~ / -.',
    ],
    [
      { environmentVariables: 'A-B=1' },
      'environmentVariables: "A-B" is not a valid name of an environment variable. Use letters, digits and underscores only, and do not begin with a digit.',
    ],
    [{ tags: 'a<b=1' }, 'tags: "a<b" is not a name for a tag: it may not contain any of < > % & \\ ? /.'],
    [{ tags: `a=${tooLong}` }, 'tags: the value of "a" has more than 256 characters.'],
    [
      { image: 'not an image' },
      'image: "not an image" is not an image. Write registry/repository@sha256:….',
      'image: "not an image" has no digest, so what runs could change without notice. Write registry/repository@sha256:…, or set allowImageTag.',
    ],
    [
      { image: 'r.example.net/i:1' },
      'image: "r.example.net/i:1" has no digest, so what runs could change without notice. Write registry/repository@sha256:…, or set allowImageTag.',
    ],
    [{ gatewayImage: 'a b' }, 'gatewayImage: "a b" is not an image. Write registry/repository@sha256:….'],
    [
      { gatewayImage: '' },
      'gatewayImage: it is required but empty. Set it in the task.',
      'gatewayImage: "" is not an image. Write registry/repository@sha256:….',
    ],
    [
      { subnet: 'default' },
      'subnet: "default" is not a resource id of a subnet: /subscriptions/…/virtualNetworks/<name>/subnets/<name>.',
    ],
    [
      { subnet: `x${subnet}` },
      `subnet: "x${subnet}" is not a resource id of a subnet: /subscriptions/…/virtualNetworks/<name>/subnets/<name>.`,
    ],
    [
      { subnet: `${subnet}/x` },
      `subnet: "${subnet}/x" is not a resource id of a subnet: /subscriptions/…/virtualNetworks/<name>/subnets/<name>.`,
    ],
    [
      { subnet, dnsNameLabel: 'estimator' },
      'dnsNameLabel: a group in a subnet has no public name. Leave dnsNameLabel or subnet empty.',
    ],
    [{ https: 'true' }, 'https: a certificate needs a public name. Set dnsNameLabel.'],
    ...['80', '443'].map((port): [Record<string, string>, string] => [
      { https: 'true', dnsNameLabel: 'estimator', port },
      `port: the gateway itself listens at ports 80 and 443. Let the container listen at another one than ${port}.`,
    ]),
    ...['a'.repeat(15), 'with a space in it', 'not-ascii-ümlaut'].map((apiKey): [Record<string, string>, string] => [
      { apiKey },
      'apiKey: it must have at least 16 characters, all printable ASCII without spaces.',
    ]),
    ...['http://a.example.net', 'xhttps://a.example.net', 'https://a b'].map(
      (certificateAuthority): [Record<string, string>, string] => [
        { certificateAuthority },
        `certificateAuthority: "${certificateAuthority}" is not an https address of an ACME directory.`,
      ],
    ),
    [{ certificateShare: 'account/share' }, 'certificateShare: there is no certificate to keep without https.'],
    ...[
      'share',
      'account/sh',
      'ac/share',
      'Account/share',
      'account/share/x',
      'account/-share',
      'x/account/share',
      `account/${'a'.repeat(64)}`,
      'account/a--b',
    ].map((certificateShare): [Record<string, string>, string] => [
      { https: 'true', dnsNameLabel: 'estimator', certificateShare },
      `certificateShare: "${certificateShare}" names no share of a storage account. Write storageaccount/share.`,
    ]),
    [{ memoryInGB: '1.55' }, 'memoryInGB: Azure gives memory in steps of 0.1 GB, not 1.55.'],
    [{ cpu: '0.5' }, 'cpu: a container group has at least 1 core, not 0.5.'],
    [{ memoryInGB: '0.5' }, 'memoryInGB: a container group has at least 1 GB, not 0.5.'],
    [{ priority: 'Spot', cpu: '5' }, 'priority: a Spot group has at most 4 cores and 16 GB.'],
    [{ priority: 'Spot', memoryInGB: '16.1' }, 'priority: a Spot group has at most 4 cores and 16 GB.'],
    [{ priority: 'Spot', subnet }, 'priority: a Spot group cannot be in a subnet.'],
    [{ priority: 'Spot', sku: 'Confidential' }, 'priority: a confidential group cannot be Spot.'],
    [{ confidentialPolicy: 'policy' }, 'confidentialPolicy: it needs the SKU Confidential.'],
  ];
  for (const [given, ...problems] of wrong) {
    it(`refuse ${JSON.stringify(given).slice(0, 90)}`, async () =>
      assert.deepEqual((await read(given)).problems, problems));
  }

  const limits: Array<[name: string, wrong: string[]]> = [
    ['cpu', ['0.009', '31.1']],
    ['memoryInGB', ['0.09', '240.1']],
    ['port', ['0', '65536', '80.5']],
    ['startTimeoutInMinutes', ['0.09', '120.1']],
  ];
  for (const [name, texts] of limits) {
    it(`refuse ${texts.join(' and ')} as ${name}`, async () => {
      for (const text of texts) {
        const { problems } = await read({ [name]: text });
        assert.ok(problems.length > 0 && problems.every((problem) => problem.startsWith(`${name}: `)), text);
      }
    });
  }

  const right: Array<Record<string, string>> = [
    { cpu: '31', memoryInGB: '240', port: '65535', startTimeoutInMinutes: '120' },
    { cpu: '1', memoryInGB: '1', port: '1', startTimeoutInMinutes: '0.1' },
    { priority: 'Spot', cpu: '4', memoryInGB: '16' },
    { memoryInGB: '1.1' },
    { port: '80' },
    { subnet },
    { subnet: subnet.toUpperCase() },
    { image: 'r.example.net/i:1', allowImageTag: 'true' },
    { apiKey: 'a'.repeat(16) },
    { https: 'true', dnsNameLabel: 'estimator', certificateShare: 'abc/a-b' },
    { https: 'true', dnsNameLabel: 'estimator', certificateShare: `abc/${'a'.repeat(63)}` },
    { sku: 'Confidential', confidentialPolicy: 'p' },
    { tags: `a=${'x'.repeat(256)}` },
    { containerGroup: 'a' },
    { containerGroup: `a${'-'.repeat(61)}z` },
    { dnsNameLabel: `a${'b'.repeat(61)}z` },
  ];
  for (const given of right) {
    it(`accept ${JSON.stringify(given).slice(0, 90)}`, async () => assert.deepEqual((await read(given)).problems, []));
  }

  it('of the post-job step are no more than undoing needs', async () => {
    const given = { ...least, keepFailedGroup: 'true', startTimeoutInMinutes: '3', image: 'gone', recordFile: '/gone' };
    const { inputs, problems } = await readTaskInputs('DeployACI', readPostJobInputs, given);
    const { connection, ...rest } = inputs;
    assert.deepEqual([connection.subscriptionId, problems], ['subscription-1', []]);
    assert.deepEqual(rest, {
      resourceGroup: 'rg',
      rollbackOnFailure: true,
      keepFailedGroup: true,
      startTimeoutInMinutes: 3,
    });
  });
});
