import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtTasks } from '../../local/agent/pipeline/taskCatalog';
import { readPipeline } from '../../local/agent/pipeline/readPipeline';
import { checkServiceConnections } from '../../local/agent/pipeline/serviceConnections';
import { ensureBuiltTasks } from '../../local/agent/builtTasks';
import { sourceVariables } from '../../local/agent/jobVariables';
import { runPipeline } from '../../local/agent/run/pipelineRun';
import { repositoryRoot, sourceVersion } from '../../local/agent/run/sources';
import { Terminal } from '../../local/agent/run/terminal';
import { outcome, type Case } from './cases/case';
import type { World } from './world';

const file = path.join(__dirname, '..', '..', 'examples', 'quickstart', 'azure-pipelines.yml');

/** The roles that docs/guides/service-connections.md gives a connection, each on one resource. */
async function giveLeastRoles(world: World): Promise<void> {
  const { resources, connection } = world;
  if (!connection) return;
  const scopes: Array<[role: string, scope: string]> = [
    ['AzureML Data Scientist', resources.workspace],
    ['Container Registry Tasks Contributor', resources.registry],
    ['AcrPush', resources.registry],
    ['Azure Container Instances Contributor', resources.group],
    ['Managed Identity Operator', resources.pullIdentity],
  ];
  for (const [role, scope] of scopes) await resources.assign(role, scope, connection.objectId);
  const asConnection = await world.armAs(connection);
  world.say('Waiting until Azure knows of the new roles ...');
  for (const id of [resources.workspace, resources.registry]) {
    while ((await asConnection.ask('GET', id)).status !== 200) await sleep(15_000, undefined, { signal: world.signal });
  }
}

/** The quickstart's pipeline, by the built tasks and the local agent, in the resources of this run. */
export const chain: Case = {
  name: 'chain',
  assumed:
    'The five tasks train, judge, package, deploy and test a model; with a connection given, with no more than the documented roles.',
  from: 'README; docs/guides/service-connections.md',
  needs: ['workspace', 'pullIdentity'],
  minutes: 40,
  use: { nodeHours: 0.5, taskMinutes: 15, containerCpuHours: 0.5, containerGbHours: 1 },
  async try(world) {
    const { agent, resources, belongings, signal } = world;
    await ensureBuiltTasks();
    await giveLeastRoles(world);
    const set = {
      azureSubscription: agent.endpoint.name,
      resourceGroup: nameOf(resources.group),
      workspace: nameOf(resources.workspace),
      location: belongings.location,
      compute: 'serverless',
      containerGroup: `chain-${belongings.id}`,
    };
    const source = sourceVersion(repositoryRoot(file));
    const plan = readPipeline(file, { tasks: builtTasks(), set, predefined: sourceVariables(source) });
    checkServiceConnections(plan, [agent.endpoint]);
    const { run } = await runPipeline(plan, {
      ...{ file, set, source, signal },
      runs: path.join(agent.folder, 'runs'),
      workFolder: path.join(agent.folder, 'work'),
      endpoints: [agent.endpoint],
      environment: agent.environment,
      observer: new Terminal(process.stdout),
    });
    const steps = run.stages.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
    const failed = steps.find(({ result }) => result === 'failed');
    const why = failed ? `: ${failed.displayName}: ${failed.issues[0]?.message.slice(0, 300) ?? ''}` : '';
    return outcome(run.result === 'succeeded', `${run.result}${why}`);
  },
};

const nameOf = (id: string): string => id.split('/').at(-1) ?? '';
