import type { LocalAzure } from '../../../local/azure';
import { localCloud } from '../../../local/azure/context';
import { cloudClient, groupPath, type CloudClient } from '../../local/containers/cloudClient';
import { runBuiltTask, TestJob, type BuiltTaskOptions } from '../../support/agent';
import { localAzure } from '../../support/azure';
import { buildScoringImage, recordOf, type DeployableImage } from './deployableImages';

const apiVersion = 'api-version=2023-05-01';

class DeployStage {
  azure!: LocalAzure;
  cloud!: CloudClient;
  /** An image whose model says that its version is "one". */
  one!: DeployableImage;
  /** The container group of the test that runs. */
  group = '';
}

/** For a describe of the built Deploy-ACI: what its tests share, and a container group's name for each test, deleted after it. */
export function deployStage() {
  let count = 0;

  async function run(image: DeployableImage, inputs: Record<string, string> = {}, options: BuiltTaskOptions = {}) {
    const { files, ...rest } = options;
    return runBuiltTask('DeployACI', {
      job: options.job ?? new TestJob('build', stage.azure),
      refName: 'deploy',
      inputs: {
        azureSubscription: localCloud.serviceConnectionId,
        resourceGroup: localCloud.resourceGroup,
        containerGroup: stage.group,
        location: localCloud.location,
        dnsNameLabel: stage.group,
        recordFile: 'record/mlops-record.json',
        startTimeoutInMinutes: '1',
        ...inputs,
      },
      files: { 'record/mlops-record.json': JSON.stringify(recordOf(image)), ...files },
      ...rest,
    });
  }

  const stage = new DeployStage();
  const tools = {
    run,
    find: (name = stage.group) => stage.cloud.arm('GET', groupUrl(name)),
    score: async (uri: string, headers: Record<string, string> = {}) => {
      const answer = await stage.cloud.send('POST', uri, { body: '[[1]]', headers });
      return { status: answer.status, ...(JSON.parse(answer.text || '{}') as { version?: string; secret?: number }) };
    },
    /** Changes to container groups since the journal was cleared, e.g. "PUT estimator-1". */
    changes: async () =>
      (await stage.azure.requests.list())
        .filter(({ method, url }) => method !== 'GET' && /containerGroups\/[^/?]+\?/i.test(url))
        .map(({ method, url }) => `${method} ${/containerGroups\/([^/?]+)/i.exec(url)![1]}`),
  };
  const groupUrl = (name: string) => `${groupPath}/Microsoft.ContainerInstance/containerGroups/${name}?${apiVersion}`;

  before(async () => {
    stage.azure = await localAzure();
    stage.cloud = await cloudClient();
    stage.one = await buildScoringImage(stage.cloud, 'one');
  });
  beforeEach(() => {
    stage.group = `estimator-${++count}`;
  });
  afterEach(async () => {
    await stage.azure.faults.clear();
    await stage.cloud.arm('DELETE', groupUrl(stage.group));
  });
  return Object.assign(stage, tools);
}
