import { ContainerGroup, viewOf } from '../containerGroup';
import { serverImage } from '../build';
import { RegistryData } from '../registryData';
import { outcome, type Case } from './case';

const needs = ['pullIdentity'] as const;
const small = { containerCpuHours: 0.1, containerGbHours: 0.1, taskMinutes: 3 };
const quick = { periodSeconds: 5, failureThreshold: 2 };

export const containerInstanceCases: Case[] = [
  {
    name: 'aci-oci-annotations',
    assumed: 'Container Instances pulls a manifest of a single image in OCI form that has annotations.',
    from: 'Package-Image annotates what it builds',
    needs,
    minutes: 6,
    use: small,
    async try(world) {
      const data = await RegistryData.open(world, world.resources.registry);
      const [, digest = ''] = (await serverImage(world)).split('@');
      const docker = 'application/vnd.docker.distribution.manifest.v2+json';
      const oci = 'application/vnd.oci.image.manifest.v1+json';
      const scope = 'repository:server:pull,push';
      const read = await data.ask('GET', `/v2/server/manifests/${digest}`, scope, {
        headers: { accept: `${docker}, ${oci}` },
      });
      const renamed = read.text
        .replaceAll(docker, oci)
        .replaceAll('application/vnd.docker.container.image.v1+json', 'application/vnd.oci.image.config.v1+json')
        .replaceAll('application/vnd.docker.image.rootfs.diff.tar.gzip', 'application/vnd.oci.image.layer.v1.tar+gzip');
      const annotations = { 'org.opencontainers.image.revision': '0000000', 'org.example.tried': 'yes' };
      const manifest = { ...(JSON.parse(renamed) as object), mediaType: oci, annotations };
      const put = await data.ask('PUT', '/v2/server/manifests/annotated', scope, { headers: { 'content-type': oci }, body: JSON.stringify(manifest) }); // prettier-ignore
      if (put.status !== 201)
        return outcome(false, `The registry refused the manifest: ${put.status} ${put.text.slice(0, 200)}`);
      const group = new ContainerGroup(world, 'annotated');
      const { state } = viewOf(await group.start({ image: `${data.server}/server:annotated` }));
      await group.delete();
      return outcome(state === 'Running', `its container is ${state}`);
    },
  },
  {
    name: 'aci-restart-view',
    assumed:
      'Straight after a restart the group is Updating, with the old view, its start time and its counts; the restart counts as none.',
    from: 'recorded once, in 2024, without the counts; readiness in Deploy-ACI rests on it',
    needs,
    minutes: 6,
    use: small,
    async try(world) {
      const group = new ContainerGroup(world, 'restarted');
      const before = viewOf(await group.start({ image: await serverImage(world) }));
      await group.action('restart');
      const during = viewOf(await group.get());
      const isAnother = ({ startTime }: { startTime?: string }) =>
        startTime !== undefined && startTime !== before.startTime;
      const after = viewOf(
        await group.until(
          ({ provisioningState, containers }) =>
            provisioningState === 'Succeeded' && isAnother(containers[0].properties.instanceView?.currentState ?? {}),
        ),
      );
      await group.delete();
      const seen = `during: ${during.provisioningState}, ${during.state}, ${during.startTime === before.startTime ? 'old' : 'new'} start, restarts ${during.restartCount}; after: restarts ${after.restartCount}`;
      const holds =
        during.provisioningState === 'Updating' &&
        during.startTime === before.startTime &&
        after.restartCount === before.restartCount;
      return outcome(holds, seen);
    },
  },
  {
    name: 'aci-update-view',
    assumed: 'Straight after a PUT on a running group the old view is still there, and the group is not Succeeded.',
    from: 'recorded of a restart only; an update of Deploy-ACI is a PUT',
    needs,
    minutes: 6,
    use: small,
    async try(world) {
      const group = new ContainerGroup(world, 'updated');
      const image = await serverImage(world);
      const before = viewOf(await group.start({ image }));
      await group.put({ image, container: { environmentVariables: [{ name: 'CHANGED', value: 'yes' }] } });
      const during = viewOf(await group.get());
      await group.until(({ provisioningState }) => provisioningState === 'Succeeded');
      await group.delete();
      const isOld = during.startTime === before.startTime;
      return outcome(
        during.provisioningState !== 'Succeeded' && isOld,
        `${during.provisioningState}, ${during.state ?? 'no state'}, ${isOld ? 'old' : 'another'} view`,
      );
    },
  },
  {
    name: 'aci-liveness-texts',
    assumed:
      'A container that fails its liveness probe gets an event Unhealthy "Liveness probe failed…", then Killing, whose text does not say so.',
    from: 'the documentation names the kinds of the events only; Deploy-ACI tells a kill by its probe from one for want of memory',
    needs,
    minutes: 7,
    use: small,
    async try(world) {
      const group = new ContainerGroup(world, 'unwell');
      const livenessProbe = {
        httpGet: { path: '/fail', port: 8080, scheme: 'http' },
        initialDelaySeconds: 5,
        ...quick,
      };
      await group.start({ image: await serverImage(world), container: { livenessProbe } });
      const { events } = viewOf(
        await group.until(({ containers }) => {
          const names = (containers[0].properties.instanceView?.events ?? []).map(({ name }: { name: string }) => name);
          return names.includes('Killing');
        }),
      );
      await group.delete();
      const textOf = (wanted: string) => events.find(({ name }) => name === wanted)?.message ?? '';
      const holds = /^Liveness probe failed/.test(textOf('Unhealthy')) && !/liveness/i.test(textOf('Killing'));
      return outcome(
        holds,
        `Unhealthy: ${textOf('Unhealthy').slice(0, 120)}; Killing: ${textOf('Killing').slice(0, 120)}`,
      );
    },
  },
  {
    name: 'aci-name-reuse',
    assumed: 'With ResourceGroupReuse a group that is deleted and made again has the name that it had.',
    from: 'the quickstart deploys with dnsNameLabelReuse: ResourceGroupReuse',
    needs,
    minutes: 8,
    use: { ...small, containerCpuHours: 0.2 },
    async try(world) {
      const image = await serverImage(world);
      const names: string[] = [];
      for (const turn of [1, 2]) {
        const group = new ContainerGroup(world, `named-${turn}`);
        const dnsNameLabel = `named-${world.belongings.id}`;
        const ports = [{ port: 8080, protocol: 'TCP' }];
        const ipAddress = {
          type: 'Public',
          ports,
          dnsNameLabel,
          autoGeneratedDomainNameLabelScope: 'ResourceGroupReuse',
        };
        const { json } = await group.start({ image, ipAddress });
        names.push(json.properties.ipAddress.fqdn as string);
        await group.delete();
      }
      return outcome(names[0] === names[1], names[0] === names[1] ? 'the same name' : 'another name');
    },
  },
  {
    name: 'aci-delete-unknown',
    assumed: 'The deletion of a container group that is not there is answered 204.',
    from: 'never recorded; local Azure answers so',
    needs: [],
    minutes: 1,
    use: {},
    async try(world) {
      const { status } = await world.arm.ask('DELETE', new ContainerGroup(world, 'nonesuch').id);
      return outcome(status === 204, String(status));
    },
  },
];
