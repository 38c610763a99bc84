import { rmSync } from 'node:fs';
import path from 'node:path';
import { downloadArtifacts, publishArtifact } from '../run/artifactSteps';
import { inBoxTask } from './inBoxTask';
import type { StepInputs } from './stepInputs';

const thisRunOnly = (input: string) => (inputs: StepInputs) =>
  inputs.is(input, 'current')
    ? undefined
    : `the artifacts of another run cannot be downloaded here (${input}: ${inputs.text(input)}); those of this run can (${input}: current).`;

export const publishPipelineArtifact = inBoxTask({
  id: 'ecdc45f6-832d-4ad9-b52b-ee49e94659be',
  name: 'PublishPipelineArtifact',
  version: 1,
  description: 'Publishes a folder or a file as an artifact of the run.',
  inputs: [
    { name: 'path', aliases: ['targetPath'], type: 'filePath', defaultValue: '$(Pipeline.Workspace)', required: true },
    { name: 'artifactName', aliases: ['artifact'] },
    { name: 'artifactType', aliases: ['publishLocation'], defaultValue: 'pipeline' },
    { name: 'fileSharePath' },
    { name: 'parallel' },
    { name: 'parallelCount' },
    { name: 'properties' },
  ],
  refusal: (inputs) =>
    inputs.is('artifactType', 'pipeline')
      ? undefined
      : 'an artifact can be published to the run only, not to a file share.',
  async run({ context, inputs, artifacts }) {
    const artifact = inputs.text('artifactName') || context.options.variables.get('System.JobIdentifier')!;
    publishArtifact(context, artifacts, { artifact, source: inputs.text('path'), shared: false });
  },
});

export const publishBuildArtifacts = inBoxTask({
  id: '2ff763a7-ce83-4e1f-bc89-0ae63477cebe',
  name: 'PublishBuildArtifacts',
  version: 1,
  description: 'Publishes a folder or a file as an artifact of the run.',
  inputs: [
    { name: 'PathtoPublish', type: 'filePath', defaultValue: '$(Build.ArtifactStagingDirectory)', required: true },
    { name: 'ArtifactName', defaultValue: 'drop', required: true },
    { name: 'ArtifactType', aliases: ['publishLocation'], defaultValue: 'Container' },
    { name: 'MaxArtifactSize' },
    { name: 'TargetPath' },
    { name: 'Parallel' },
    { name: 'ParallelCount' },
    { name: 'StoreAsTar' },
  ],
  refusal: (inputs) =>
    inputs.is('ArtifactType', 'Container')
      ? undefined
      : 'an artifact can be published to the run only, not to a file share.',
  async run({ context, inputs, artifacts }) {
    const artifact = inputs.text('ArtifactName');
    publishArtifact(context, artifacts, { artifact, source: inputs.text('PathtoPublish'), shared: true });
  },
});

export const downloadPipelineArtifact = inBoxTask({
  id: '61f2a582-95ae-4948-b34d-a1b3c4f6a737',
  name: 'DownloadPipelineArtifact',
  version: 2,
  description: 'Downloads artifacts of this run.',
  inputs: [
    { name: 'source', aliases: ['buildType'], defaultValue: 'current' },
    { name: 'project' },
    { name: 'pipeline', aliases: ['definition'] },
    { name: 'preferTriggeringPipeline', aliases: ['specificBuildWithTriggering'] },
    { name: 'runVersion', aliases: ['buildVersionToDownload'] },
    { name: 'runBranch', aliases: ['branchName'] },
    { name: 'runId', aliases: ['pipelineId', 'buildId'] },
    { name: 'tags' },
    { name: 'allowPartiallySucceededBuilds' },
    { name: 'allowFailedBuilds' },
    { name: 'artifact', aliases: ['artifactName'] },
    { name: 'patterns', aliases: ['itemPattern'], defaultValue: '**' },
    { name: 'path', aliases: ['targetPath', 'downloadPath'], defaultValue: '$(Pipeline.Workspace)', required: true },
  ],
  refusal: thisRunOnly('source'),
  async run({ context, inputs, artifacts, folder }) {
    const artifact = inputs.text('artifact');
    const target = path.resolve(folder, inputs.text('path'));
    downloadArtifacts(context, artifacts, {
      artifact: artifact || undefined,
      // A named artifact goes into the folder itself, each of several into one of its name.
      targetOf: (name) => (artifact ? target : path.join(target, name)),
      patterns: inputs.lines('patterns'),
    });
  },
});

const downloadBuildArtifacts = (version: number) =>
  inBoxTask({
    id: 'a433f589-fce1-4460-9ee6-44a624aeb1fb',
    name: 'DownloadBuildArtifacts',
    version,
    description: 'Downloads artifacts of this run.',
    inputs: [
      { name: 'buildType', defaultValue: 'current' },
      { name: 'project' },
      { name: 'definition', aliases: ['pipeline'] },
      { name: 'specificBuildWithTriggering' },
      { name: 'buildVersionToDownload' },
      { name: 'allowPartiallySucceededBuilds' },
      { name: 'branchName' },
      { name: 'buildId' },
      { name: 'tags' },
      { name: 'downloadType', defaultValue: 'single' },
      { name: 'artifactName', required: true, visibleRule: 'downloadType = single' },
      { name: 'itemPattern', defaultValue: '**' },
      { name: 'downloadPath', defaultValue: '$(System.ArtifactsDirectory)', required: true },
      { name: 'cleanDestinationFolder' },
      { name: 'parallelizationLimit' },
      { name: 'checkDownloadedFiles' },
      { name: 'retryDownloadCount' },
      { name: 'retryRedirectDownloadCount' },
      { name: 'extractTars' },
    ],
    outputVariables: ['BuildNumber'],
    refusal: thisRunOnly('buildType'),
    async run({ context, inputs, artifacts, folder }) {
      const target = path.resolve(folder, inputs.text('downloadPath'));
      if (inputs.flag('cleanDestinationFolder')) rmSync(target, { recursive: true, force: true });
      downloadArtifacts(context, artifacts, {
        artifact: inputs.is('downloadType', 'single') ? inputs.text('artifactName') : undefined,
        targetOf: (name) => path.join(target, name),
        patterns: inputs.lines('itemPattern'),
      });
      const number = context.options.variables.get('Build.BuildNumber') ?? '';
      context.setVariable('BuildNumber', number, { secret: false, output: true, readOnly: false });
    },
  });

export const downloadBuildArtifacts0 = downloadBuildArtifacts(0);
export const downloadBuildArtifacts1 = downloadBuildArtifacts(1);
