import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { buildImage, registryPath } from './acrBuild';
import {
  buildNamed,
  createGroup,
  deleteGroup,
  fetchText,
  getGroup,
  groupBody,
  groupUrl,
  logOf,
  putGroup,
  serverImage,
  version,
  waitForGroup,
} from './aciGroup';
import { cloudClient, groupPath, type CloudClient } from './cloudClient';

const identities = `${groupPath}/Microsoft.ManagedIdentity/userAssignedIdentities`;

describe('container groups', function () {
  // Room for a machine that does much else meanwhile.
  this.timeout(180_000);
  let cloud: CloudClient;
  let image: string;
  const made = new Set<string>();

  before(async function () {
    this.timeout(180_000);
    cloud = await cloudClient();
    image = await serverImage(cloud);
  });
  afterEach(async () => {
    await cloud.azure.faults.clear();
    await Promise.all([...made].map((name) => deleteGroup(cloud, name)));
    made.clear();
  });
  const create: typeof createGroup = (client, name, options) => {
    made.add(name);
    return createGroup(client, name, options);
  };
  const put = (name: string, body: unknown) => {
    made.add(name);
    return putGroup(cloud, name, body);
  };

  it('runs an image: accepted as pending, then served at its name, and deleted with all that it was', async () => {
    const body = await groupBody(cloud, {
      image,
      env: { NAME: 'first' },
      properties: { ipAddress: { type: 'Public', ports: [{ port: 8080 }], dnsNameLabel: 'first-group' } },
    });
    const accepted = await put('first', body);
    assert.equal(accepted.status, 201);
    assert.equal(accepted.json.properties.provisioningState, 'Pending');
    const operation = String(accepted.headers['azure-asyncoperation']);
    assert.match(
      operation,
      /\/locations\/eastus\/operations\/[0-9a-f-]+\?api-version=2018-06-01&t=\d+&c=[\w-]+&s=[\w-]+&h=[\w-]+$/,
    );

    const group = await waitForGroup(cloud, 'first', ({ provisioningState }) => provisioningState === 'Succeeded');
    const { fqdn, ip } = (group as never as { ipAddress: { fqdn: string; ip: string } }).ipAddress;
    assert.equal(fqdn, 'first-group.eastus.azurecontainer.localhost');
    assert.equal((await cloud.arm('GET', operation)).json.status, 'Succeeded');
    assert.equal((await fetchText(cloud, `http://${ip}:8080/who`)).text, 'first');
    assert.equal((await fetch(`http://${fqdn}:8080/who`)).status, 200, 'by the DNS of the local cloud');

    const [main] = (await getGroup(cloud, 'first')).json.properties.containers;
    const { currentState, restartCount, events } = main.properties.instanceView;
    assert.deepEqual([currentState.state, restartCount], ['Running', 0]);
    assert.deepEqual(
      events.map((event: { name: string }) => event.name),
      ['Pulling', 'Pulled', 'Started'],
    );
    const deletion = await cloud.arm('DELETE', `${groupUrl('first')}?${version}`);
    assert.deepEqual([deletion.status, deletion.json.name], [200, 'first']);
    await deleteGroup(cloud, 'first');
    await assert.rejects(fetch(`http://${fqdn}:8080/who`));
    assert.equal((await cloud.arm('DELETE', `${groupUrl('first')}?${version}`)).status, 204);
  });

  it('gives two groups on one port addresses of their own', async function () {
    if (process.platform !== 'linux') this.skip();
    const one = await create(cloud, 'one', { image, env: { NAME: 'one' } });
    const two = await create(cloud, 'two', { image, env: { NAME: 'two' } });
    assert.notEqual(one.ipAddress.ip, two.ipAddress.ip);
    assert.equal((await fetchText(cloud, `http://${one.ipAddress.ip}:8080/who`)).text, 'one');
    assert.equal((await fetchText(cloud, `http://${two.ipAddress.ip}:8080/who`)).text, 'two');
  });

  it('lets the containers of a group reach each other at localhost, and none from outside of its address', async () => {
    const body = await groupBody(cloud, { image, env: { NEIGHBOUR: '8090' } });
    const { containers } = body.properties as {
      containers: Array<{ name: string; properties: Record<string, unknown> }>;
    };
    const [main] = containers;
    containers.push({
      name: 'beside',
      properties: {
        ...main!.properties,
        ports: [],
        environmentVariables: [
          { name: 'PORT', value: '8090' },
          { name: 'NAME', value: 'the one beside' },
        ],
      },
    });
    await put('pair', body);
    const group = await waitForGroup(cloud, 'pair', ({ provisioningState }) => provisioningState === 'Succeeded');
    const { ip } = (group as never as { ipAddress: { ip: string } }).ipAddress;
    await fetchText(cloud, `http://${ip}:8090/`);
    assert.equal((await fetchText(cloud, `http://${ip}:8080/neighbour`)).text, 'the one beside');
  });

  it('hands variables and paths to the container, and never gives a secure value back', async () => {
    const group = await create(cloud, 'secret', {
      image,
      container: {
        environmentVariables: [
          { name: 'OPEN', value: 'seen by all' },
          { name: 'HIDDEN', secureValue: 'for the container alone' },
          { name: 'FILE', value: '/app/data.txt' },
        ],
      },
    });
    const [main] = group.containers;
    assert.deepEqual(main.properties.environmentVariables, [
      { name: 'OPEN', value: 'seen by all' },
      { name: 'HIDDEN' },
      { name: 'FILE', value: '/app/data.txt' },
    ]);
    const whole = (await getGroup(cloud, 'secret')).text;
    assert.doesNotMatch(whole, /for the container alone|"password"/);
    const url = `http://${group.ipAddress.ip}:8080`;
    const seen = (await fetchText(cloud, `${url}/environment`)).text;
    assert.match(seen, /^HIDDEN=for the container alone$/m);
    assert.match(seen, /^GREETING=hello$/m);
    assert.doesNotMatch(seen, /^npm_|^NODE_OPTIONS/m, "nothing of this machine's own environment");
    assert.equal((await fetchText(cloud, `${url}/file`)).text, 'content\n');
  });

  it('lays volumes into containers, and runs init containers before them', async () => {
    const group = await create(cloud, 'volumes', {
      image,
      env: { FILE: '/shared/greeting' },
      container: {
        environmentVariables: [{ name: 'FILE', value: '/shared/greeting' }],
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
      },
      properties: {
        volumes: [
          { name: 'shared', emptyDir: {} },
          { name: 'keys', secret: { word: Buffer.from('from the secret').toString('base64') } },
        ],
        initContainers: [
          {
            name: 'prepare',
            properties: {
              image,
              command: ['/bin/sh', '-c', 'cat /keys/word > /shared/greeting'],
              volumeMounts: [
                { name: 'shared', mountPath: '/shared' },
                { name: 'keys', mountPath: '/keys', readOnly: true },
              ],
            },
          },
        ],
      },
    });
    assert.equal((await fetchText(cloud, `http://${group.ipAddress.ip}:8080/file`)).text, 'from the secret');
    assert.deepEqual(group.volumes[1], { name: 'keys', secret: {} });
    assert.equal(group.initContainers[0].properties.instanceView.currentState.exitCode, 0);
  });

  it('gives the log, its end, and its times', async () => {
    const group = await create(cloud, 'logging', { image });
    await fetchText(cloud, `http://${group.ipAddress.ip}:8080/`);
    const lines = (await logOf(cloud, 'logging')).split('\n');
    assert.deepEqual(lines.slice(0, 2), ['starting', 'listening at 0.0.0.0:8080']);
    assert.match(await logOf(cloud, 'logging', '&tail=1'), /GET \/ HTTP.* 200/);
    assert.match(await logOf(cloud, 'logging', '&tail=1&timestamps=true'), /^\d{4}-\d\d-\d\dT[\d:.]+Z .*GET/);
    const unknown = await cloud.arm('GET', `${groupUrl('logging')}/containers/other/logs?${version}`);
    assert.deepEqual([unknown.status, unknown.json.error.code], [404, 'ContainerNotFound']);
  });

  it('starts a container again as the restart policy says, with its states, and backs off', async () => {
    const group = await create(cloud, 'crashing', { image });
    const url = `http://${group.ipAddress.ip}:8080`;
    await fetchText(cloud, url);
    await cloud.send('GET', `${url}/crash`).catch(() => undefined);
    await waitForGroup(
      cloud,
      'crashing',
      ({ containers }) =>
        containers[0].properties.instanceView.restartCount === 1 &&
        containers[0].properties.instanceView.currentState.state === 'Running',
    );
    await fetchText(cloud, url);
    await cloud.send('GET', `${url}/crash`).catch(() => undefined);
    await waitForGroup(cloud, 'crashing', ({ containers }) => {
      const { currentState, previousState, events } = containers[0].properties.instanceView;
      return (
        currentState.state === 'Waiting' &&
        /CrashLoopBackOff/.test(currentState.detailStatus) &&
        previousState.exitCode === 7 &&
        events.some((event: { name: string; type: string }) => event.name === 'BackOff' && event.type === 'Warning')
      );
    });
  });

  it('comes to an end where the policy restarts nothing, and cannot be updated then', async () => {
    const never = { restartPolicy: 'Never' };
    await put('ended', await groupBody(cloud, { image, env: { EXIT: '0' }, properties: never }));
    await put('broken', await groupBody(cloud, { image, env: { EXIT: '3' }, properties: never }));
    const ended = (await waitForGroup(
      cloud,
      'ended',
      ({ instanceView }) => instanceView.state === 'Succeeded',
    )) as never as {
      containers: Array<{ properties: { instanceView: { currentState: Record<string, unknown> } } }>;
    };
    assert.equal(ended.containers[0]!.properties.instanceView.currentState.detailStatus, 'Completed');
    await waitForGroup(cloud, 'broken', ({ instanceView, containers }) => {
      const { exitCode, detailStatus } = containers[0].properties.instanceView.currentState ?? {};
      return instanceView.state === 'Failed' && exitCode === 3 && detailStatus === 'Error';
    });
    assert.match(await logOf(cloud, 'broken'), /ending with 3/);
    const update = await put('ended', await groupBody(cloud, { image, env: { EXIT: '1' }, properties: never }));
    assert.deepEqual([update.status, update.json.error.code], [400, 'InvalidContainerGroupUpdate']);
  });

  it('ends a container that goes over its memory', async () => {
    const group = await create(cloud, 'hungry', {
      image,
      container: { resources: { requests: { cpu: 0.5, memoryInGB: 0.2 } } },
      properties: { restartPolicy: 'Never' },
    });
    const url = `http://${group.ipAddress.ip}:8080`;
    await fetchText(cloud, url);
    void cloud.send('GET', `${url}/eat`).catch(() => undefined);
    await waitForGroup(cloud, 'hungry', ({ containers }) => {
      const { exitCode, detailStatus } = containers[0].properties.instanceView.currentState;
      return exitCode === 137 && detailStatus === 'OOMKilled';
    });
  });

  it('asks the liveness probe, and replaces a container that fails it', async () => {
    const quick = { periodSeconds: 1, failureThreshold: 2 };
    await create(cloud, 'unwell', {
      image,
      container: {
        livenessProbe: { httpGet: { path: '/fail', port: 8080, scheme: 'http' }, initialDelaySeconds: 1, ...quick },
        readinessProbe: { exec: { command: ['sh', '-c', 'exit 4'] }, ...quick },
      },
    });
    await waitForGroup(cloud, 'unwell', ({ containers }) => {
      const { restartCount, events } = containers[0].properties.instanceView;
      const messages = events
        .map((event: { name: string; message: string }) => `${event.name}: ${event.message}`)
        .join('\n');
      return (
        restartCount >= 1 &&
        /Killing: Killing container with id [0-9a-f]{64}\./.test(messages) &&
        /Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 500/.test(messages) &&
        /Unhealthy: Readiness probe failed: .*exit code 4/.test(messages)
      );
    });
  });

  it('is stopped, started and restarted', async () => {
    const group = await create(cloud, 'switched', { image });
    const url = `http://${group.ipAddress.ip}:8080/`;
    await fetchText(cloud, url);
    const post = (action: string) => cloud.arm('POST', `${groupUrl('switched')}/${action}?${version}`);
    assert.equal((await post('stop')).status, 204);
    assert.equal((await getGroup(cloud, 'switched')).json.properties.instanceView.state, 'Stopped');
    await assert.rejects(cloud.send('GET', url));
    assert.equal((await post('start')).status, 202);
    const started = await waitForGroup(cloud, 'switched', ({ instanceView }) => instanceView.state === 'Running');
    // A group that is stopped gives its address back.
    const { ip } = (started as never as { ipAddress: { ip: string } }).ipAddress;
    await fetchText(cloud, `http://${ip}:8080/`);
    assert.equal((await post('restart')).status, 204);
    await waitForGroup(cloud, 'switched', ({ instanceView }) => instanceView.state === 'Running');
  });

  it('updates in place what can be, leaves alone what is the same, and refuses what needs a new group', async () => {
    const options = { image, env: { NAME: 'before' } };
    const first = await create(cloud, 'changing', options);
    const url = `http://${first.ipAddress.ip}:8080/who`;
    await fetchText(cloud, url);
    const startOf = async (): Promise<string> =>
      (await getGroup(cloud, 'changing')).json.properties.containers[0].properties.instanceView.currentState.startTime;
    const started = await startOf();

    const same = await put('changing', await groupBody(cloud, { ...options, group: { tags: { build: '2' } } }));
    assert.deepEqual([same.status, same.json.tags], [200, { build: '2' }]);
    assert.equal(await startOf(), started, 'nothing restarts for the same definition');

    const patched = await cloud.arm('PATCH', `${groupUrl('changing')}?${version}`, { tags: { build: '3' } });
    assert.deepEqual([patched.status, patched.json.tags], [200, { build: '3' }]);

    const changed = await put('changing', await groupBody(cloud, { ...options, env: { NAME: 'after' } }));
    assert.equal(changed.status, 200);
    const updated = await waitForGroup(cloud, 'changing', ({ provisioningState }) => provisioningState === 'Succeeded');
    assert.deepEqual(updated.ipAddress, first.ipAddress, 'the address stays');
    assert.equal((await fetchText(cloud, url)).text, 'after');

    const bigger = { resources: { requests: { cpu: 1, memoryInGB: 0.5 } } };
    for (const refused of [{ container: bigger }, { properties: { restartPolicy: 'Never' } }]) {
      const answer = await put('changing', await groupBody(cloud, { ...options, ...refused }));
      assert.deepEqual([answer.status, answer.json.error.code], [400, 'InvalidContainerGroupUpdate']);
      assert.match(answer.json.error.message as string, /you must delete it first/);
    }
    const moved = await put('changing', await groupBody(cloud, { ...options, group: { location: 'westus' } }));
    assert.deepEqual([moved.status, moved.json.error.code], [409, 'InvalidResourceLocation']);
  });

  it('takes no change while it is in transition', async () => {
    await cloud.azure.faults.named('aci.slowStart', { detail: { seconds: 0.5 } });
    const body = await groupBody(cloud, { image });
    assert.equal((await put('slow', body)).status, 201);
    const again = await put('slow', body);
    assert.deepEqual([again.status, again.json.error.code], [409, 'ContainerGroupTransitioning']);
    const log = await cloud.arm('GET', `${groupUrl('slow')}/containers/main/logs?${version}`);
    assert.equal(log.json.error.code, 'ContainerGroupTransitioning');
    await waitForGroup(cloud, 'slow', ({ provisioningState }) => provisioningState === 'Succeeded');
  });

  it('pulls as an identity that has the role, and tells the ways apart in which it may not', async () => {
    const withIdentity = async (own: string[], pulling: string) =>
      groupBody(cloud, {
        image,
        group: {
          identity: { type: 'UserAssigned', userAssignedIdentities: Object.fromEntries(own.map((id) => [id, {}])) },
        },
        properties: { imageRegistryCredentials: [{ server: cloud.loginServer, identity: pulling }] },
      });
    const [known] = (await cloud.arm('GET', `${identities}?api-version=2023-01-31`)).json.value;
    assert.equal(known.name, 'quick-starts-identity');
    assert.equal((await put('identified', await withIdentity([known.id], known.id))).status, 201);
    await waitForGroup(cloud, 'identified', ({ provisioningState }) => provisioningState === 'Succeeded');

    const missing = await putGroup(
      cloud,
      'refused',
      await withIdentity([`${identities}/nobody`], `${identities}/nobody`),
    );
    assert.deepEqual([missing.status, missing.json.error.code], [400, 'FailedIdentityOperation']);
    const notOwn = await putGroup(cloud, 'refused', await withIdentity([], known.id as string));
    assert.equal(notOwn.json.error.code, 'InvalidImageRegistryIdentity');

    const other = (await cloud.arm('PUT', `${identities}/without-role?api-version=2023-01-31`, { location: 'eastus' }))
      .json;
    const roleless = await putGroup(cloud, 'refused', await withIdentity([other.id as string], other.id as string));
    assert.deepEqual([roleless.status, roleless.json.error.code], [400, 'InaccessibleImage']);
    const assignments = `${registryPath}/providers/Microsoft.Authorization/roleAssignments`;
    await cloud.arm('PUT', `${assignments}/11111111-1111-4111-8111-111111111111?api-version=2022-04-01`, {
      properties: {
        roleDefinitionId: '/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d',
        principalId: other.properties.principalId,
      },
    });
    const filter = `$filter=assignedTo('${other.properties.principalId}')`;
    assert.equal((await cloud.arm('GET', `${assignments}?api-version=2022-04-01&${filter}`)).json.value.length, 1);
    assert.equal((await put('entitled', await withIdentity([other.id as string], other.id as string))).status, 201);
  });

  it("refuses names of environment variables by Azure's rule and under its code", async () => {
    for (const name of ['my.setting', 'MY-SETTING', '1a', '']) {
      const answer = await putGroup(cloud, 'refused', await groupBody(cloud, { image, env: { [name]: '1' } }));
      assert.deepEqual([answer.status, answer.json.error.code], [400, 'InvalidContainerEnvironmentVariable'], name);
    }
  });

  it('refuses an image that is not there, or whose registry does not let it in', async () => {
    const refusal = async (options: Parameters<typeof groupBody>[1]): Promise<string> => {
      const answer = await putGroup(cloud, 'refused', await groupBody(cloud, options));
      assert.equal(answer.status, 400, answer.text);
      return answer.json.error.code as string;
    };
    assert.equal(await refusal({ image: `${cloud.loginServer}/never-built:1` }), 'InaccessibleImage');
    assert.equal(await refusal({ image: 'docker.io/library/nginx:latest' }), 'InaccessibleImage');
    assert.equal(await refusal({ image, properties: { imageRegistryCredentials: [] } }), 'InaccessibleImage');
    const wrong = { server: cloud.loginServer, username: 'quickstartsacr', password: 'wrong' };
    assert.equal(await refusal({ image, properties: { imageRegistryCredentials: [wrong] } }), 'InaccessibleImage');
    assert.equal((await getGroup(cloud, 'refused')).status, 404);
  });

  it('puts a hash into the name with a reuse scope, and gives one name once', async () => {
    const named = (scope?: string) => ({
      ipAddress: {
        type: 'Public',
        ports: [{ port: 8080 }],
        dnsNameLabel: 'my-label',
        ...(scope ? { autoGeneratedDomainNameLabelScope: scope } : {}),
      },
    });
    await create(cloud, 'named', { image, properties: named() });
    const taken = await putGroup(cloud, 'other', await groupBody(cloud, { image, properties: named() }));
    assert.equal(taken.json.error.code, 'DnsNameLabelAlreadyTaken');
    const scoped = await put('scoped', await groupBody(cloud, { image, properties: named('ResourceGroupReuse') }));
    const { fqdn } = scoped.json.properties.ipAddress;
    assert.match(fqdn as string, /^my-label\.[a-z2-7]{16}\.eastus\.azurecontainer\.localhost$/);
    await waitForGroup(cloud, 'scoped', ({ provisioningState }) => provisioningState === 'Succeeded');
    await deleteGroup(cloud, 'scoped');
    const again = await put('scoped', await groupBody(cloud, { image, properties: named('ResourceGroupReuse') }));
    assert.equal(again.json.properties.ipAddress.fqdn, fqdn, 'the same in the same scope');
    const unique = await put('unique', await groupBody(cloud, { image, properties: named('Noreuse') }));
    assert.notEqual(unique.json.properties.ipAddress.fqdn, fqdn);
  });

  it('acts out what a test plans: capacity, quota, rate limit, a pull that fails, memory', async () => {
    const body = await groupBody(cloud, { image });
    const plan = cloud.azure.faults.named;
    await plan('aci.quota');
    const quota = await putGroup(cloud, 'planned', body);
    assert.equal(quota.json.error.code, 'ContainerGroupQuotaReached');
    assert.match(quota.json.error.message as string, /quota 'StandardCores' exceeded in region 'eastus'. Limit: '100'/);
    await plan('aci.registryRateLimit');
    const limited = await putGroup(cloud, 'planned', body);
    assert.deepEqual([limited.status, limited.json.error.code], [409, 'RegistryErrorResponse']);

    await plan('aci.capacity');
    const accepted = await put('planned', body);
    assert.equal(accepted.status, 201);
    await waitForGroup(cloud, 'planned', ({ provisioningState }) => provisioningState === 'Failed');
    const operation = (await cloud.arm('GET', String(accepted.headers['azure-asyncoperation']))).json;
    assert.equal(operation.status, 'Failed');
    assert.match(
      operation.error.message as string,
      /not available in the location 'eastus'.*'0.5' CPU '0.5' GB memory/,
    );
    assert.equal(operation.properties.events[0].name, 'InsufficientCapacity.');
    await deleteGroup(cloud, 'planned');

    await plan('aci.pullFails', { times: 1, detail: { message: 'toomanyrequests: slow down' } });
    await plan('aci.outOfMemory');
    await put('planned', await groupBody(cloud, { image, properties: { restartPolicy: 'Never' } }));
    await waitForGroup(cloud, 'planned', ({ containers }) => {
      const { events, currentState } = containers[0].properties.instanceView;
      return (
        events.some(
          (event: { name: string; message: string }) => event.name === 'Failed' && /toomany/.test(event.message),
        ) && currentState?.detailStatus === 'OOMKilled'
      );
    });
  });

  it('says what is wrong with a definition', async () => {
    const refusal = async (name: string, change: (body: never) => void): Promise<string> => {
      const body = await groupBody(cloud, { image });
      change(body as never);
      const answer = await putGroup(cloud, name, body);
      assert.equal(answer.status, 400, answer.text);
      return answer.json.error.code as string;
    };
    const properties = (body: never): Record<string, never> =>
      (body as { properties: Record<string, never> }).properties;
    assert.equal(await refusal('Upper', () => undefined), 'InvalidContainerGroupName');
    assert.equal(
      await refusal('a', (body) => ((body as { location: string }).location = 'moon')),
      'LocationNotAvailableForResourceType',
    );
    assert.equal(await refusal('a', (body) => delete properties(body).osType), 'MissingOsType');
    assert.equal(await refusal('a', (body) => (properties(body).containers = [] as never)), 'MissingContainers');
    assert.equal(
      await refusal('a', (body) => (properties(body).ipAddress = { type: 'Public', ports: [{ port: 81 }] } as never)),
      'InvalidIpAddressPorts',
    );
    assert.equal(
      await refusal(
        'a',
        (body) =>
          (properties(body).ipAddress = { type: 'Public', ports: [{ port: 8080 }], dnsNameLabel: 'no' } as never),
      ),
      'InvalidDnsNameLabel',
    );
  });

  it('fails a group whose program is not in its image, and says so', async () => {
    await put('wrong', await groupBody(cloud, { image, container: { command: ['no-such-program'] } }));
    await waitForGroup(cloud, 'wrong', ({ provisioningState, instanceView, containers }) => {
      const events = [...instanceView.events, ...containers[0].properties.instanceView.events];
      return (
        provisioningState === 'Failed' &&
        events.some((event: { message: string }) =>
          /exec: "no-such-program": executable file not found/.test(event.message),
        )
      );
    });
  });

  it('does not run an image of another processor', async () => {
    const files = {
      Dockerfile: 'FROM scratch\nCOPY run /run\nCMD ["/run"]\n',
      run: { content: '#!/bin/sh\n', mode: 0o755 },
    };
    const platform = { os: 'Linux', architecture: 'arm64' };
    const { digests } = await buildImage(cloud, files, { imageNames: ['arm:1'], platform });
    const other = `${cloud.loginServer}/arm@${digests['arm:1']}`;
    await put('arm', await groupBody(cloud, { image: other, properties: { restartPolicy: 'Never' } }));
    await waitForGroup(cloud, 'arm', ({ instanceView }) => instanceView.state === 'Failed');
    assert.match(await logOf(cloud, 'arm'), /exec format error/);
  });

  it('runs a program of its own image, on a port of its own behind the declared one', async function () {
    // Perl listens wherever it is told to, and every system of ours has it.
    if (!existsSync('/usr/bin/perl')) this.skip();
    const serve =
      '$s = IO::Socket::INET->new(LocalAddr => $ARGV[0], Listen => 5, ReuseAddr => 1) or die $@; ' +
      'while ($c = $s->accept) { sysread($c, $request, 4096); print $c qq(HTTP/1.0 200 OK\\r\\n\\r\\nnative); close $c }';
    const command = ['perl', '-MIO::Socket::INET', '-e', serve, '0.0.0.0:8080'];
    const native = await buildNamed(cloud, 'native', {
      Dockerfile: `FROM debian:12\nCOPY perl /usr/local/bin/perl\nCMD ${JSON.stringify(command)}\n`,
      perl: { content: readFileSync('/usr/bin/perl'), mode: 0o755 },
    });
    const names = ['native-one', 'native-two'];
    const groups = await Promise.all(names.map((name) => create(cloud, name, { image: native })));
    for (const group of groups) {
      assert.equal((await fetchText(cloud, `http://${group.ipAddress.ip}:8080/`)).text, 'native');
    }
  });

  it('tells of the region: usage, capabilities, the provider', async () => {
    await create(cloud, 'counted', { image });
    const provider = '/subscriptions/72000000-0000-4000-8000-000000000003/providers/Microsoft.ContainerInstance';
    const usages = (await cloud.arm('GET', `${provider}/locations/eastus/usages?${version}`)).json.value;
    assert.deepEqual(
      usages.map((usage: { name: { value: string }; currentValue: number }) => [usage.name.value, usage.currentValue]),
      [
        ['ContainerGroups', 1],
        ['StandardCores', 1],
        ['StandardSpotCores', 0],
        ['StandardK80Cores', 0],
        ['ConfidentialContainerGroups', 0],
        ['ConfidentialCores', 0],
      ],
    );
    const [capability] = (await cloud.arm('GET', `${provider}/locations/eastus/capabilities?${version}`)).json.value;
    assert.deepEqual(capability.capabilities, { maxMemoryInGB: 16, maxCpu: 4, maxGpuCount: 0 });
    const regions = (await cloud.arm('GET', `${provider}?api-version=2021-04-01`)).json.resourceTypes[0].locations;
    assert.ok(regions.includes('East US'));
    const listed = (await cloud.arm('GET', `${groupPath}/Microsoft.ContainerInstance/containerGroups?${version}`)).json
      .value;
    assert.deepEqual(
      listed.map((group: { name: string }) => group.name),
      ['counted'],
    );
  });
});
