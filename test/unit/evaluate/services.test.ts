import assert from 'node:assert/strict';
import type { AzureRequest, AzureSession } from '../../../tasks/common/azure/http/session';
import type { ModelSection } from '../../../tasks/common/record/record';
import { cancelLeftJobs } from '../../../tasks/Evaluate/leftJobs';
import { openServices } from '../../../tasks/Evaluate/services';
import { serviceConnection } from '../../support/serviceConnection';
import { taskContext } from '../../support/taskContext';

const provider = 'Microsoft.MachineLearningServices/workspaces';
const needed = ['read', 'models/versions/read', 'models/versions/write', 'experiments/runs/read'].map(
  (right) => `${provider}/${right}`,
);

describe('Evaluate: the workspace of the model', () => {
  const connection = { ...serviceConnection, subscriptionId: 's' };
  const workspace = { subscriptionId: 's', resourceGroup: 'Group', name: 'home' };
  const model: ModelSection = { name: 'm', version: '1', id: '/m/1', type: 'custom_model', uri: 'x', workspace };

  /** Opens it for a connection that may do this. */
  async function open(actions: readonly string[], inputs: object = {}) {
    const asked: string[] = [];
    const request = async ({ url }: AzureRequest) => {
      asked.push(url);
      if (url.endsWith('/permissions')) return { status: 200, headers: {}, body: { value: [{ actions }] } };
      return { status: 200, headers: {}, body: { value: [] } };
    };
    const session = { connection, request, token: async () => ({ token: 'a.b.c' }) } as unknown as AzureSession;
    const { context } = taskContext('.', { azure: () => session });
    return { asked, services: await openServices({ connection, ...inputs }, model, context) };
  }

  it('is that of the record, unless the inputs name it too', async () => {
    for (const inputs of [{}, { resourceGroup: 'group', workspace: 'HOME' }]) {
      const { asked, services } = await open(needed, inputs);
      assert.match(asked[0]!, /\/resourceGroups\/group\/providers\/Microsoft\.MachineLearningServices\/workspaces\/home\/providers\/Microsoft\.Authorization\/permissions$/i); // prettier-ignore
      assert.equal((await services.running()).size, 0);
    }
  });

  it('is no other: its champion would be of another registry', async () => {
    for (const inputs of [{ resourceGroup: 'other' }, { workspace: 'other' }]) {
      await assert.rejects(open(needed, inputs), /registered in the workspace home of Group.* Evaluate a model where it is/); // prettier-ignore
    }
  });

  for (const missing of needed) {
    it(`is not opened without ${missing}, which is said before anything is judged`, async () => {
      const rest = needed.filter((each) => each !== missing);
      await assert.rejects(open(rest), /AzureML Data Scientist on the workspace home, to read metrics and tag the model version/); // prettier-ignore
    });
  }
});

describe("Evaluate's post-job step", () => {
  it('asks nothing of Azure where no job is left', async () => {
    await cancelLeftJobs({ connection: serviceConnection }, taskContext('.').context);
  });
});
