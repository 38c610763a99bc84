import path from 'node:path';
import type { TaskStepResult } from '../../../local/agent/taskStep';
import { localCloud } from '../../../local/azure/context';
import { Variables } from '../../../local/agent/variables';
import { registryPath } from '../../local/containers/acrBuild';
import { runBuiltTask, TestJob, type BuiltTaskOptions } from '../../support/agent';
import { registerModel } from '../../support/registeredModel';
import type { Scenario } from '../scenario';
import { connection, type World } from '../world';
import { groupUrl, imageOf } from './deploy';
import { evaluationJob, evaluationOf, registerVersions } from './evaluate';
import { recordOf } from '../../task/release/deployableImages';

/** Runs a step until it says something, and kills it then: no signal reaches it before. */
async function killed(
  world: World,
  folder: string,
  isMoment: (line: string) => boolean,
  options: BuiltTaskOptions & { job: TestJob },
): Promise<TaskStepResult> {
  for (const name of ['PROCESS_SIGINT_TIMEOUT', 'PROCESS_SIGTERM_TIMEOUT']) options.job.variables.set(name, '50');
  const controller = new AbortController();
  const deaf = path.join(__dirname, '..', 'deaf.cjs');
  const result = await runBuiltTask(folder, {
    ...options,
    environment: { NODE_OPTIONS: `${world.azure.environment.NODE_OPTIONS} --require=${deaf}` },
    signal: controller.signal,
    onLine: (line) => isMoment(line) && controller.abort(),
  });
  if (result.exitCode !== null) throw new Error(`${folder} ended before it was killed:\n${result.log.join('\n')}`);
  return result;
}

export const trainPostJob: Scenario = {
  name: 'Train (post-job)',
  ends: 'succeeded',
  isPostJob: true,
  async prepare(world, id) {
    const { azure, ml } = world;
    const job = new TestJob('build', azure);
    job.variables.set('Build.BuildId', id.replace(/\D/g, ''));
    const taskVariables = new Variables();
    const { log } = await killed(world, 'Train', (line) => line === 'running', {
      job,
      taskVariables,
      files: { 'src/train.py': 'import time\nprint("running", flush=True)\ntime.sleep(300)' },
      inputs: {
        ...connection,
        sourceDirectory: 'src',
        command: 'python train.py',
        environment: 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04',
        compute: localCloud.compute,
        experimentName: `killed-${id}`,
      },
    });
    const name = /Started the job (\S+) /.exec(log.join('\n'))![1]!;
    const status = async (): Promise<string> => (await ml.details(name)).status;
    return {
      run: (options) => runBuiltTask('Train', { ...options, job, phase: 'postjob', inputs: connection, taskVariables }),
      async whenDone() {
        const ended = await ml.until(name, 'Canceled', 'Running').then(({ details }) => details.status);
        return ended === 'Canceled' ? [] : [`the job is ${ended}`];
      },
      async whenFailed(result) {
        const isSaid = result.log.some((line) => line.includes(name));
        return (await status()) === 'Running' && !isSaid ? [`the job ${name} runs on and was not named`] : [];
      },
      async clear() {
        if ((await status()) === 'Running') await ml.cancel(name);
        await ml.untilEnd(name);
      },
    };
  },
};

export const evaluatePostJob: Scenario = {
  name: 'Evaluate (post-job)',
  ends: 'succeeded',
  isPostJob: true,
  async prepare(world, id) {
    const { azure, ml } = world;
    const model = `left-${id}`;
    await registerVersions(world, model);
    const { job } = evaluationOf(azure, model, id);
    const taskVariables = new Variables();
    let started = 0;
    const { log } = await killed(world, 'Evaluate', (line) => /Started the job /.test(line) && ++started === 2, {
      job,
      taskVariables,
      files: {
        'evaluation/job.yml': evaluationJob,
        'evaluation/measuring.py': 'import time\ntime.sleep(300)',
        'evaluation/id.txt': id,
      },
      inputs: { ...connection, criteria: 'rmse < champion', evaluationJobFile: 'evaluation/job.yml' },
    });
    const names = [...log.join('\n').matchAll(/Started the job (\S+), which/g)].map(([, name]) => name!);
    const running = async (): Promise<string[]> => {
      const all = await Promise.all(names.map(async (name) => ({ name, ...(await ml.details(name)) })));
      return all.filter(({ status }) => !/^Cancel/.test(status)).map(({ name }) => name);
    };
    return {
      run: (options) =>
        runBuiltTask('Evaluate', { ...options, job, phase: 'postjob', inputs: connection, taskVariables }),
      async whenDone() {
        if (names.length !== 2) return [`${names.length} jobs were started before`];
        return (await running()).map((name) => `the job ${name} runs on`);
      },
      whenFailed: async (result) =>
        (await running())
          .filter((name) => !result.log.some((line) => line.includes(name)))
          .map((name) => `the job ${name} runs on and was not named`),
      async clear() {
        for (const name of await running()) await ml.cancel(name);
        for (const name of names) await ml.untilEnd(name);
      },
    };
  },
};

export const packagePostJob: Scenario = {
  name: 'Package-Image (post-job)',
  ends: 'succeeded',
  isPostJob: true,
  async prepare(world, id) {
    const { azure, cloud } = world;
    const { record } = await registerModel(azure, { 'model.txt': id });
    const job = new TestJob('build', azure);
    job.variables.set('Build.BuildId', id.replace(/\D/g, ''));
    await azure.faults.named('acr.stayQueued', { detail: { seconds: 120 } });
    const taskVariables = new Variables();
    const { log } = await killed(world, 'PackageImage', (line) => /^Build \w+ on the registry/.test(line), {
      job,
      taskVariables,
      refName: 'package',
      inputs: {
        azureSubscription: localCloud.serviceConnectionId,
        recordFile: 'record/mlops-record.json',
        packaging: 'dockerfile',
        dockerfile: 'image/Dockerfile',
        baseImage: '',
        imageRepository: `killed/${id}`,
      },
      files: {
        'record/mlops-record.json': JSON.stringify(record),
        'image/Dockerfile':
          'ARG BASE_IMAGE=mcr.microsoft.com/azureml/curated/minimal-py311-inference:latest\nFROM ${BASE_IMAGE}\nCOPY model/ /model/\nEXPOSE 8080\nCMD ["python3"]\n',
      },
    });
    await azure.faults.clear();
    const runId = /Build (\w+) on the registry/.exec(log.join('\n'))![1]!;
    const status = async (): Promise<string> =>
      (await cloud.arm('GET', `${registryPath}/runs/${runId}?api-version=2019-06-01-preview`)).json.properties.status;
    return {
      run: (options) =>
        runBuiltTask('PackageImage', { ...options, job, phase: 'postjob', inputs: connection, taskVariables }),
      whenDone: async () => ((await status()) === 'Canceled' ? [] : [`the build is ${await status()}`]),
      whenFailed: async (result) =>
        (await status()) !== 'Canceled' && !result.log.some((line) => line.includes(runId))
          ? [`the build ${runId} was left and not named`]
          : [],
      clear: async () =>
        void (await cloud.arm('POST', `${registryPath}/runs/${runId}/cancel?api-version=2019-06-01-preview`)),
    };
  },
};

export const deployPostJob: Scenario = {
  name: 'Deploy-ACI (post-job)',
  ends: 'succeeded',
  isPostJob: true,
  async prepare(world, id) {
    const { azure, cloud } = world;
    const group = `killed-${id}`;
    const image = await imageOf(world, 'one');
    const job = new TestJob('build', azure);
    await azure.faults.named('aci.slowStart', { detail: { seconds: 60 } });
    const taskVariables = new Variables();
    const inputs = {
      azureSubscription: localCloud.serviceConnectionId,
      resourceGroup: localCloud.resourceGroup,
      containerGroup: group,
      location: localCloud.location,
      dnsNameLabel: group,
      recordFile: 'record/mlops-record.json',
    };
    await killed(world, 'DeployACI', (line) => line.includes(`${group}: Pending`), {
      job,
      taskVariables,
      refName: 'deploy',
      inputs,
      files: { 'record/mlops-record.json': JSON.stringify(recordOf(image)) },
    });
    await azure.faults.clear();
    const exists = async (): Promise<boolean> => (await cloud.arm('GET', groupUrl(group))).status === 200;
    return {
      run: (options) => runBuiltTask('DeployACI', { ...options, job, phase: 'postjob', inputs, taskVariables }),
      whenDone: async () => ((await exists()) ? ['the group was left behind'] : []),
      whenFailed: async (result) =>
        (await exists()) && !result.log.some((line) => line.includes(group))
          ? ['the group was left and not named']
          : [],
      clear: async () => void (await cloud.arm('DELETE', groupUrl(group))),
    };
  },
};
