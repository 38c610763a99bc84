import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../world';
import { outcome, told, type Case } from './case';

const needs = ['workspace'] as const;
const image = 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04';

/** An environment version, which the requests of jobs name. */
async function environment({ arm, resources }: World, name: string): Promise<string> {
  const id = `${resources.workspace}/environments/${name}/versions/1`;
  await arm.must('PUT', id, { properties: { image } });
  return id;
}

/** A pipeline of one step; `prefix` stands before the id of its environment, as azure-ai-ml sends it or bare. */
async function submitPipeline(world: World, prefix: string) {
  const { arm, resources } = world;
  const name = `case-${randomUUID().slice(0, 8)}`;
  const environmentId = `${prefix}${await environment(world, `case-${prefix ? 'prefixed' : 'bare'}`)}`;
  const component = {
    ...{ name: 'azureml_anonymous', version: '1', type: 'command', is_deterministic: true, command: 'echo tried' },
    environment: environmentId,
    _source: 'YAML.JOB',
  };
  const registered = await arm.ask(
    'PUT',
    `${resources.workspace}/components/azureml_anonymous/versions/${randomUUID()}`,
    {
      properties: { componentSpec: component, isAnonymous: true, properties: {}, tags: {} },
    },
  );
  if (registered.status >= 300) return registered;
  const job = await arm.ask('PUT', `${resources.workspace}/jobs/${name}`, {
    properties: {
      ...{ jobType: 'Pipeline', experimentName: 'cases', displayName: name, isArchived: false },
      settings: { default_compute: `${resources.workspace}/computes/serverless`, _source: 'YAML.JOB' },
      jobs: { step: { name: 'step', type: 'command', componentId: registered.json.id, _source: 'YAML.JOB' } },
    },
  });
  if (job.status < 300) await arm.ask('POST', `${resources.workspace}/jobs/${name}/cancel`);
  return job;
}

/** https URL of MLflow's registry of the workspace, as the tasks make it. */
async function mlflowUrl({ arm, resources }: World): Promise<string> {
  const { json } = await arm.must('GET', resources.workspace);
  return `${String(json.properties.mlFlowTrackingUri)
    .replace(/^azureml:/, 'https:')
    .replace(/\/+$/, '')}/api/2.0/mlflow`;
}

export const machineLearningCases: Case[] = [
  {
    name: 'ml-bare-ids',
    assumed: 'A component whose environment is a bare id is refused; with azureml: before it the pipeline is accepted.',
    from: 'every recorded client sends azureml:; whether a bare id is refused was never recorded',
    needs,
    minutes: 2,
    use: {},
    async try(world) {
      const [prefixed, bare] = [await submitPipeline(world, 'azureml:'), await submitPipeline(world, '')];
      return outcome(
        prefixed.status < 300 && bare.status === 400,
        `azureml: ${told(prefixed).slice(0, 160)}; bare: ${told(bare).slice(0, 160)}`,
      );
    },
  },
  {
    name: 'ml-unknown-query',
    assumed: 'A list does not take a query parameter that it does not know for a filter.',
    from: 'local Azure refuses what it does not obey; Azure may ignore it',
    needs,
    minutes: 1,
    use: {},
    async try({ arm, resources }) {
      const answer = await arm.ask(
        'GET',
        `${resources.workspace}/models?$filter=name eq 'x'&nonsense=1`.replaceAll(' ', '%20'),
      );
      return outcome(answer.status === 400 || answer.status === 200, told(answer));
    },
  },
  {
    name: 'ml-unknown-model',
    assumed: 'The versions of a model that does not exist are an empty list, or a 404; Evaluate takes both.',
    from: 'never recorded; Evaluate asks for the champion so',
    needs,
    minutes: 1,
    use: {},
    async try({ arm, resources }) {
      const answer = await arm.ask('GET', `${resources.workspace}/models/nonesuch/versions`);
      const isEmpty = answer.status === 200 && answer.json.value.length === 0;
      return outcome(isEmpty || answer.status === 404, isEmpty ? '200, an empty list' : told(answer));
    },
  },
  {
    name: 'ml-same-environment',
    assumed: 'An environment version that is put again as it is, is answered 200.',
    from: 'the specification has 201, too; Train registers environments so',
    needs,
    minutes: 1,
    use: {},
    async try(world) {
      const id = await environment(world, 'case-same');
      const again = await world.arm.ask('PUT', id, { properties: { image } });
      return outcome(again.status === 200, told(again));
    },
  },
  {
    name: 'ml-order-by-plus',
    assumed: '$orderBy is read with a plus sign for its space, too.',
    from: 'recorded is %20; the tasks send what URLSearchParams makes',
    needs,
    minutes: 1,
    use: {},
    async try(world) {
      await environment(world, 'case-order');
      const list = `${world.resources.workspace}/environments/case-order/versions?$orderBy=`;
      const plus = await world.arm.ask('GET', `${list}createdtime+desc`);
      const escaped = await world.arm.ask('GET', `${list}createdtime%20desc`);
      return outcome(
        plus.status === 200 && escaped.status === 200,
        `+: ${told(plus).slice(0, 80)}; %20: ${escaped.status}`,
      );
    },
  },
  {
    name: 'ml-download-uri',
    assumed:
      'The address of a model is one that MLflow reads by itself or with azureml-mlflow (azureml:, mlflow-artifacts:).',
    from: "inferred from the service's own client, never recorded",
    needs,
    minutes: 1,
    use: {},
    async try(world) {
      const { arm, resources } = world;
      await arm.must('PUT', `${resources.workspace}/models/case-model/versions/1`, {
        properties: { modelType: 'custom_model', modelUri: 'azureml://datastores/workspaceblobstore/paths/case/' },
      });
      const answer = await arm.ask(
        'GET',
        `${await mlflowUrl(world)}/model-versions/get-download-uri?name=case-model&version=1`,
      );
      const uri = String(answer.json?.artifact_uri ?? '');
      const form = uri.replace(/\/\/[^/]+/, '//…').replace(/subscriptions\/.*?\/workspaces\/[^/]+/i, '…');
      return outcome(/^(azureml|mlflow-artifacts):\//.test(uri), answer.status === 200 ? form : told(answer));
    },
  },
  {
    name: 'ml-mlflow-aliases',
    assumed:
      "Azure's MLflow registry answers for the alias of a model, be it with a version or an error in MLflow's form.",
    from: 'not documented; local Azure has aliases',
    needs,
    minutes: 1,
    use: {},
    async try(world) {
      const answer = await world.arm.ask(
        'GET',
        `${await mlflowUrl(world)}/registered-models/alias?name=nonesuch&alias=champion`,
      );
      const code = (answer.json as { error_code?: string } | undefined)?.error_code;
      return outcome(code !== undefined, `${answer.status} ${code ?? answer.text.slice(0, 160)}`);
    },
  },
  {
    name: 'ml-discovery',
    assumed: 'The discovery names `api` or `history`, which is where the data planes are.',
    from: 'the full set of its keys is documented nowhere',
    needs,
    minutes: 1,
    use: {},
    async try({ arm, resources }) {
      const { json } = await arm.must('GET', resources.workspace);
      const answer = await arm.ask('GET', json.properties.discoveryUrl as string);
      const keys = Object.keys((answer.json ?? {}) as object);
      return outcome(keys.includes('api') || keys.includes('history'), keys.join(', '));
    },
  },
  {
    name: 'ml-workspace-read',
    assumed: 'AzureML Data Scientist (`workspaces/*/read`) reads the workspace itself and lists its jobs.',
    from: 'docs/guides/service-connections.md gives the connection no Reader; local Azure reads the star as nothing, too',
    needs,
    needsConnection: true,
    minutes: 6,
    use: {},
    async try(world) {
      const { resources, connection } = world;
      await resources.assign('AzureML Data Scientist', resources.workspace, connection!.objectId);
      const asConnection = await world.armAs(connection!);
      for (let tries = 1; ; tries++) {
        const read = await asConnection.ask('GET', resources.workspace);
        const jobs = await asConnection.ask('GET', `${resources.workspace}/jobs`);
        // A new role is known after some minutes.
        if ((read.status === 200 && jobs.status === 200) || tries === 20) {
          return outcome(
            read.status === 200 && jobs.status === 200,
            `workspace: ${told(read).slice(0, 100)}; jobs: ${jobs.status}`,
          );
        }
        await sleep(15_000, undefined, { signal: world.signal });
      }
    },
  },
];
