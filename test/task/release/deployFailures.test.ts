import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { LocalAzure } from '../../../local/azure';
import { localCloud } from '../../../local/azure/context';
import type { ServiceEndpoint } from '../../../local/serviceEndpoint';
import { parseImageName } from '../../../tasks/common/imageName';
import { registryPath } from '../../local/containers/acrBuild';
import { groupPath, type CloudClient } from '../../local/containers/cloudClient';
import { buildForeignImage, type DeployableImage } from './deployableImages';
import { deployStage } from './deployStage';

/** A user that no registry knows. */
function registryConnection(server: string): ServiceEndpoint {
  return {
    id: randomUUID(),
    name: 'registry-of-the-image',
    type: 'dockerregistry',
    url: `https://${server}`,
    auth: {
      scheme: 'UsernamePassword',
      parameters: { registry: `https://${server}`, username: 'nobody', password: 'not-the-password' },
    },
    data: { registrytype: 'Others' },
  };
}

describe('MLOpsDeployACI, when Azure or the image fails, says why and what to do', function () {
  this.timeout(300_000);
  const stage = deployStage();
  const { run, find } = stage;
  let azure: LocalAzure;
  let cloud: CloudClient;
  let one: DeployableImage;
  let foreign: DeployableImage;
  before(async () => {
    ({ azure, cloud, one } = stage);
    foreign = await buildForeignImage(cloud);
  });

  const cases: Array<{
    title: string;
    /** How the registry's network is set meanwhile. */
    registry?: Record<string, unknown>;
    fault?: string;
    detail?: Record<string, unknown>;
    times?: number;
    image?: () => DeployableImage;
    inputs?: Record<string, string>;
    /** The connection in imageConnection. */
    login?: () => ServiceEndpoint;
    expected: RegExp;
  }> = [
    {
      title: 'a region without capacity',
      fault: 'aci.capacity',
      expected: /eastus has no room now for 1 CPU and 1\.5 GB.*at most 4 CPU and 16 GB in eastus.*would fit in eastus2/,
    },
    {
      title: 'a size beyond the region',
      inputs: { cpu: '8', memoryInGB: '32' },
      expected: /no room now for 8 CPU and 32 GB.*By their limits it would fit in eastus2, westus2/,
    },
    { title: 'a quota that is reached', fault: 'aci.quota', expected: /quota .* is reached.*Limit: '100'/ },
    {
      title: 'a DNS label that is taken',
      fault: 'aci.dnsLabelTaken',
      expected: /DNS name label .* is taken in eastus\. .*dnsNameLabelReuse/,
    },
    {
      title: "the registry's rate limit",
      fault: 'aci.registryRateLimit',
      expected: /limits how often images are pulled/,
    },
    {
      title: 'an image that is not there',
      image: () => ({ ...one, reference: one.reference.replace(/estimator/, 'nobody') }),
      expected: /could not be pulled.*The registry quickstartsacr has no image nobody with sha256:/,
    },
    {
      title: 'an identity that is not there',
      inputs: { userAssignedIdentity: 'nobody' },
      expected: /The identity \S+\/nobody does not exist/,
    },
    {
      title: 'an identity without a role',
      inputs: { userAssignedIdentity: 'without-role' },
      expected:
        /The identity without-role has no role on the registry quickstartsacr that lets it pull.*az role assignment create/,
    },
    {
      title: 'pulls that fail',
      fault: 'aci.pullFails',
      times: 5,
      detail: { message: 'toomanyrequests: You have reached your pull rate limit' },
      expected: /limits how often images are pulled/,
    },
    {
      title: 'a failure of the operation itself',
      fault: 'aci.provisioningFails',
      detail: { code: 'SubnetNotFound', message: 'The subnet is gone.' },
      expected: /Azure refused the container group \(SubnetNotFound\): The subnet is gone\./,
    },
    {
      title: 'too little memory',
      fault: 'aci.outOfMemory',
      times: 5,
      expected: /ran out of memory: it was given 1\.5 GB.*Raise memoryInGB/,
    },
    {
      title: 'a wrong port',
      inputs: { environmentVariables: 'LISTEN=5055', startTimeoutInMinutes: '0.15' },
      expected: /Nothing listens at port 5001; by its log the container listens at port 5055\. Set port to 5055/,
    },
    {
      title: 'a region without capacity, said at once',
      fault: 'aci.capacityAtOnce',
      expected: /eastus has no room now for 1 CPU and 1\.5 GB/,
    },
    {
      title: 'an image that is there and may be pulled, as far as can be seen',
      fault: 'aci.inaccessibleImage',
      expected:
        /could not be pulled.*quick-starts-identity has a role on the registry quickstartsacr that lets it pull\. If its role is new, wait/,
    },
    {
      title: 'a registry that keeps container instances out',
      registry: { publicNetworkAccess: 'Disabled', networkRuleBypassOptions: 'None' },
      expected: /The registry quickstartsacr does not let the public network in.*--allow-trusted-services true/,
    },
    {
      title: 'a registry that lets only trusted services in, and a role that is missing',
      registry: { publicNetworkAccess: 'Disabled' },
      inputs: { userAssignedIdentity: 'without-role' },
      expected: /The identity without-role has no role on the registry quickstartsacr/,
    },
    {
      title: 'an admin user that is switched off',
      registry: { adminUserEnabled: false },
      inputs: { registryAuthentication: 'adminUser' },
      expected: /The admin user of the registry \S+quickstartsacr is switched off.*managedIdentity/,
    },
    {
      title: 'a liveness probe that fails',
      fault: 'aci.livenessProbeFails',
      times: 5,
      expected: /restarts the container scoring because its liveness probe fails at \/health on port 5001/,
    },
    {
      title: 'an image for another processor',
      image: () => foreign,
      expected: /built for another processor.*linux\/amd64/,
    },
    {
      title: 'a crash that is none of init()',
      inputs: { environmentVariables: 'CRASH=5' },
      expected: /The container scoring ended with exit code 5: ModuleNotFoundError/,
    },
    {
      title: 'a container that does not stay',
      inputs: { environmentVariables: 'CRASH=0', restartPolicy: 'OnFailure' },
      expected: /ended by itself \(exit code 0\) instead of serving/,
    },
    {
      title: 'a health route that does not exist',
      inputs: { readinessPath: '/nowhere', startTimeoutInMinutes: '0.15' },
      expected: /its health route does not exist: \S+\/nowhere gives HTTP 404.*Set readinessPath/,
    },
    {
      title: 'a server that says it is not ready',
      inputs: { environmentVariables: 'HEALTH=503', startTimeoutInMinutes: '0.15' },
      expected: /\/health still answers HTTP 503 after 0\.15 minutes/,
    },
    {
      title: 'a start that takes too long',
      fault: 'aci.slowStart',
      detail: { seconds: 20 },
      inputs: { startTimeoutInMinutes: '0.1' },
      expected: /were not ready after 0\.1 minutes; the group is Pending.*Raise startTimeoutInMinutes/,
    },
    {
      title: 'a password that is wrong',
      inputs: { registryAuthentication: 'credentials' },
      login: () => registryConnection(parseImageName(one.reference)!.registry),
      expected: /could not be pulled/,
    },
    {
      title: 'a password that is for another registry',
      inputs: { registryAuthentication: 'credentials' },
      login: () => registryConnection('registry.example.com'),
      expected: /imageConnection: it is of the registry registry\.example\.com, and the image is in quickstartsacr\./,
    },
  ];
  const withoutRole = () =>
    `${groupPath}/Microsoft.ManagedIdentity/userAssignedIdentities/without-role?api-version=2023-01-31`;
  before(() => cloud.arm('PUT', withoutRole(), { location: localCloud.location }));
  after(() => cloud.arm('DELETE', withoutRole()));
  const setRegistry = (properties: Record<string, unknown>) =>
    cloud.arm('PATCH', `${registryPath}?api-version=2023-07-01`, { properties });
  afterEach(() =>
    setRegistry({
      publicNetworkAccess: 'Enabled',
      networkRuleBypassOptions: 'AzureServices',
      adminUserEnabled: true,
    }),
  );
  for (const { title, registry, fault, detail, times, image = () => one, inputs = {}, login, expected } of cases) {
    it(title, async () => {
      if (registry) await setRegistry(registry);
      if (fault) await azure.faults.named(fault, { detail, times });
      const userAssignedIdentity = 'quick-starts-identity';
      const connection = login?.();
      const given = { userAssignedIdentity, imageConnection: connection?.id ?? '', ...inputs };
      const endpoints = [azure.serviceConnection('WorkloadIdentityFederation'), ...(connection ? [connection] : [])];
      const result = await run(image(), given, { endpoints });
      assert.equal(result.result, 'failed');
      const [issue] = result.issues.filter(({ type }) => type === 'error');
      assert.match(issue!.message, expected);
      assert.equal((await find()).status, 404, 'nothing is left behind');
    });
  }

  it('pulls from a registry that lets only trusted services in', async () => {
    await setRegistry({ publicNetworkAccess: 'Disabled' });
    const result = await run(one, { userAssignedIdentity: 'quick-starts-identity' });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
  });

  it('asks again while the group is in transition', async () => {
    await azure.faults.named('aci.transitioning');
    const result = await run(one, { userAssignedIdentity: 'quick-starts-identity' });
    assert.equal(result.result, 'succeeded', result.log.join('\n'));
    assert.match(result.log.join('\n'), /not ready to change .* \(ContainerGroupTransitioning\), asking again/);
  });
});
