import { setTimeout as sleep } from 'node:timers/promises';
import { localCloud } from '../../../local/azure/context';
import type { TaskStepResult } from '../../../local/agent/taskStep';
import { groupPath } from '../../local/containers/cloudClient';
import { runBuiltTask, TestJob } from '../../support/agent';
import { buildScoringImage, recordOf, type DeployableImage } from '../../task/release/deployableImages';
import type { RunOptions, Scenario } from '../scenario';
import { fastEnvironment, usualSpeed, type World } from '../world';

const recordFile = 'record/mlops-record.json';
const images = new Map<string, Promise<DeployableImage>>();

/** "one" and "two" serve their name; "sick" crashes. */
export function imageOf({ cloud }: World, version: 'one' | 'two' | 'sick'): Promise<DeployableImage> {
  const image = images.get(version) ?? buildScoringImage(cloud, version, version === 'sick' ? 'CRASH=3' : '');
  images.set(version, image);
  return image;
}

export const groupUrl = (name: string): string =>
  `${groupPath}/Microsoft.ContainerInstance/containerGroups/${name}?api-version=2023-05-01`;

export async function deployTo(
  world: World,
  group: string,
  version: 'one' | 'two' | 'sick',
  job: TestJob,
  options: RunOptions,
): Promise<TaskStepResult> {
  const record = recordOf(await imageOf(world, version), { version: version === 'one' ? '1' : '2' });
  return runBuiltTask('DeployACI', {
    ...options,
    job,
    refName: 'deploy',
    inputs: {
      azureSubscription: localCloud.serviceConnectionId,
      resourceGroup: localCloud.resourceGroup,
      containerGroup: group,
      location: localCloud.location,
      dnsNameLabel: group,
      recordFile,
      // Of a clock that runs fast, on a machine that may be busy.
      startTimeoutInMinutes: '30',
    },
    files: { [recordFile]: JSON.stringify(record) },
  });
}

/** In milliseconds: a group that was just put starts its containers. A task's clock is ahead of it. */
const longestStart = 20_000;

/** The version that answers at the group's address at last; undefined where nothing does, though a group is there. */
export async function served(world: World, group: string): Promise<string | undefined> {
  for (const until = performance.now() + longestStart; ;) {
    const { version, exists } = await servedNow(world, group);
    if (version || !exists || performance.now() > until) return version;
    await sleep(250);
  }
}

async function servedNow({ cloud }: World, group: string): Promise<{ exists: boolean; version?: string }> {
  const { status, json } = await cloud.arm('GET', groupUrl(group));
  const address = (json as { properties?: { ipAddress?: { fqdn?: string } } }).properties?.ipAddress?.fqdn;
  if (status !== 200 || !address) return { exists: status === 200 };
  const answer = await cloud.send('POST', `http://${address}:5001/score`, { body: '[[1]]' }).catch(() => undefined);
  const version = answer?.status === 200 ? (JSON.parse(answer.text) as { version: string }).version : undefined;
  return { exists: true, version };
}

/** How a deployment is set up quickly, before the fault. */
export const unfaulted = ({ azure }: World): RunOptions => ({ environment: fastEnvironment(azure, usualSpeed) });

function deployment(
  name: string,
  before: 'one' | undefined,
  after: 'one' | 'two' | 'sick',
  expected: 'one' | 'two' | undefined,
): Scenario {
  return {
    name,
    ends: after === 'sick' ? 'failed' : 'succeeded',
    async prepare(world, id) {
      const group = `group-${id}`;
      await imageOf(world, after);
      if (before) await deployTo(world, group, before, new TestJob('build', world.azure), unfaulted(world));
      const job = new TestJob('build', world.azure);
      const exists = async (): Promise<boolean> => (await world.cloud.arm('GET', groupUrl(group))).status === 200;
      return {
        run: (options) => deployTo(world, group, after, job, options),
        async afterPostJob() {
          if (before) return (await served(world, group)) ? [] : ['nothing is served any more after the post-job step'];
          return (await exists()) ? ['the group is there after the post-job step'] : [];
        },
        async whenDone(_result, requests, how) {
          const version = await served(world, group);
          const problems =
            version === expected ? [] : [`it serves ${version ?? 'nothing'} and not ${expected ?? 'nothing'}`];
          if (expected === undefined && (await exists())) problems.push('the group was left behind');
          if (!how && !requests.some(({ method }) => method === 'PUT')) problems.push('nothing was deployed');
          return problems;
        },
        async whenFailed({ log }) {
          const version = await served(world, group);
          if (before && !version) return ['nothing is served any more'];
          if (version === undefined && (await exists()) && !log.some((line) => line.includes(group))) {
            return ['a group was left behind and not named'];
          }
          return [];
        },
        clear: async () => void (await world.cloud.arm('DELETE', groupUrl(group))),
      };
    },
  };
}

export const deploy = deployment('Deploy-ACI', undefined, 'one', 'one');
export const deployUpdate = deployment('Deploy-ACI (update)', 'one', 'two', 'two');
export const deploySick = deployment('Deploy-ACI (sick)', undefined, 'sick', undefined);
export const deploySickUpdate = deployment('Deploy-ACI (sick update)', 'one', 'sick', 'one');
