import { buildOf, runTask, serverFiles, serverImage, upload, waitForRun } from '../build';
import { resourceId } from '../belongings';
import { RegistryData } from '../registryData';
import { outcome, told, type Case } from './case';

const needs = ['registry'] as const;

/** A task of ACR's own language: the image is built, asked and then pushed, unless it answers wrongly. */
const selfTest = (request: string): string => `version: v1.1.0
steps:
  - id: build
    build: -t $Registry/tested:1 -f Dockerfile .
  - id: test
    cmd: $Registry/tested:1 ${request}
  - id: push
    push: [$Registry/tested:1]
`;

export const containerRegistryCases: Case[] = [
  {
    name: 'acr-abac-caller',
    assumed:
      'ACR Tasks push into a registry with repository permissions when the run names the caller as its identity.',
    from: 'recorded once, by azure-cli in 2026; Package-Image builds so',
    needs: [],
    minutes: 6,
    use: { registryDays: 1, taskMinutes: 3 },
    async try(world) {
      const registry = resourceId(
        world.belongings,
        'Microsoft.ContainerRegistry/registries',
        `mlopsabac${world.belongings.id}`,
      );
      await world.resources.makeRegistry(registry, 'AbacRepositoryPermissions');
      const caller = await world.callerId();
      if (caller)
        await world.resources.assign('Container Registry Repository Writer', registry, caller.id, caller.type);
      const sourceLocation = await upload(world, registry, serverFiles);
      const credentials = { sourceRegistry: { identity: '[caller]' } };
      const body = { ...buildOf(sourceLocation, 'server:1'), credentials };
      const { status, digest, log } = await runTask(world, registry, body, '2025-03-01-preview');
      return outcome(
        status === 'Succeeded' && digest !== undefined,
        `${status}${status === 'Succeeded' ? '' : `: ${log.slice(-300)}`}`,
      );
    },
  },
  {
    name: 'acr-self-test',
    assumed:
      'A task of several steps pushes nothing when the step that tries the image fails, and pushes when it succeeds.',
    from: 'Package-Image builds and tries an image in one task',
    needs,
    minutes: 6,
    use: { taskMinutes: 6 },
    async try(world) {
      const { registry } = world.resources;
      const seen: string[] = [];
      for (const code of [3, 0]) {
        const sourceLocation = await upload(world, registry, serverFiles);
        const taskFile = selfTest(`python3 -c "import sys; sys.exit(${code})"`);
        const { status } = await runTask(world, registry, {
          type: 'EncodedTaskRunRequest',
          encodedTaskContent: Buffer.from(taskFile).toString('base64'),
          platform: { os: 'Linux', architecture: 'amd64' },
          sourceLocation,
          timeout: 1200,
        });
        const data = await RegistryData.open(world, registry);
        const manifest = await data.ask('GET', '/v2/tested/manifests/1', 'repository:tested:pull');
        seen.push(`exit ${code}: ${status}, ${manifest.status === 200 ? 'pushed' : 'not pushed'}`);
      }
      const text = seen.join('; ');
      return outcome(text === 'exit 3: Failed, not pushed; exit 0: Succeeded, pushed', text);
    },
  },
  {
    name: 'acr-task-run-twice',
    assumed: 'A task run that is put twice with the same name, request and forceUpdateTag makes one run.',
    from: 'Package-Image asks again for a build whose answer was lost',
    needs,
    minutes: 4,
    use: { taskMinutes: 3 },
    async try(world) {
      const { registry } = world.resources;
      const runRequest = buildOf(await upload(world, registry, serverFiles), 'twice:1');
      const taskRun = `${registry}/taskRuns/twice`;
      const ids: string[] = [];
      for (let turn = 0; turn < 2; turn++) {
        const body = { properties: { runRequest, forceUpdateTag: 'first' } };
        const put = await world.arm.ask('PUT', taskRun, body);
        if (put.status >= 300) return outcome(false, `request ${turn + 1}: ${told(put)}`);
        const { json } = await world.arm.must('GET', taskRun);
        ids.push(String(json.properties.runResult?.properties?.runId));
      }
      await waitForRun(world, registry, ids[0]!);
      await world.arm.ask('DELETE', taskRun);
      return outcome(ids[0] === ids[1], ids[0] === ids[1] ? 'one run' : 'two runs');
    },
  },
  {
    name: 'acr-locked-tag',
    assumed: 'A push over a locked tag is refused with 405 and REGISTRY_DISALLOWED_OPERATION.',
    from: 'Package-Image tells a locked tag apart from a missing right; Azure/acr-cli#70',
    needs,
    minutes: 4,
    use: { taskMinutes: 3 },
    async try(world) {
      const [, digest = ''] = (await serverImage(world)).split('@');
      const data = await RegistryData.open(world, world.resources.registry);
      const type = 'application/vnd.docker.distribution.manifest.v2+json';
      const scope = 'repository:server:pull,push';
      const headers = { accept: `${type}, application/vnd.oci.image.manifest.v1+json` };
      const manifest = await data.ask('GET', `/v2/server/manifests/${digest}`, scope, { headers });
      const put = () => data.ask('PUT', '/v2/server/manifests/locked', scope, { headers: { 'content-type': String(manifest.headers['content-type']) }, body: manifest.text }); // prettier-ignore
      await put();
      await data.ask('PATCH', '/acr/v1/server/_tags/locked', 'repository:server:metadata_write,metadata_read', {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ writeEnabled: false }),
      });
      const refused = await put();
      return outcome(refused.status === 405 && /REGISTRY_DISALLOWED_OPERATION/.test(refused.text), told(refused));
    },
  },
  {
    name: 'acr-schedule-status',
    assumed: 'A run that is scheduled is answered 200 at once.',
    from: 'the specification has 202, too; recorded is 200',
    needs,
    minutes: 3,
    use: { taskMinutes: 2 },
    async try(world) {
      const { registry } = world.resources;
      const { scheduled } = await runTask(
        world,
        registry,
        buildOf(await upload(world, registry, serverFiles), 'status:1'),
      );
      return outcome(scheduled.status === 200, String(scheduled.status));
    },
  },
];
