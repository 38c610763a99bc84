import { stringify } from 'yaml';
import type { Environment } from './environmentFile';
import type { Serving } from './serving';
import type { Training } from './training';

/** All that a pipeline says of a project. */
export interface PipelineFacts {
  /** Of letters, digits and dashes: the model's, the image's and the container group's. */
  name: string;
  training: Training;
  trainingConda: string;
  modelPath: string | undefined;
  criteria: string[];
  /** A Markdown file in which people describe the model. */
  modelCard: string;
  serving: Exclude<Serving, { kind: 'none' }>;
  servingEnvironment: Environment;
  /** Whether the model record holds requests. */
  hasGoldenRequests: boolean;
  requestsFile: string | undefined;
}

/** Azure ML's own base image for jobs on a CPU. */
const trainingImage = 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04';

type Inputs = Array<[name: string, value: string] | undefined>;

/** The names of the local Azure; whoever runs the pipeline in the cloud puts theirs in their place. */
const head = (
  name: string,
): string => `# Written by mlops-local init. It runs unchanged against local Azure (mlops-local run azure-pipelines.yml). In Azure Pipelines,
# set the first four variables to your own names.
trigger:
  branches:
    include: [main]

pool:
  vmImage: ubuntu-latest

variables:
  azureSubscription: quick-starts-sc # the service connection to Azure Resource Manager
  resourceGroup: quick-starts-rg
  workspace: quick-starts-ws # of Azure Machine Learning
  compute: cpu-cluster
  modelName: ${name}
`;

export function pipelineText(facts: PipelineFacts): string {
  const { requestsFile } = facts;
  const release = [
    requestsFile ? '          - checkout: self' : '          - checkout: none',
    '          - download: current\n            artifact: mlops',
    task('MLOpsDeployACI@1', 'Deploy to Container Instances', deployInputs(facts)),
    testStep(facts),
  ];
  return `${head(facts.name)}
stages:
  - stage: build
    displayName: Train, evaluate and package
    jobs:
      - job: model
        steps:
${[
  task('MLOpsTrain@1', 'Train', trainInputs(facts)),
  task('MLOpsEvaluate@1', 'Evaluate', evaluateInputs(facts)),
  task('MLOpsPackageImage@1', 'Package image', packageInputs(facts)),
  '          - publish: $(Build.ArtifactStagingDirectory)/mlops\n            artifact: mlops\n            displayName: Publish the record',
  // A name cannot be published twice in a run, so that a failed attempt has one of its own.
  "          - publish: $(Build.ArtifactStagingDirectory)/mlops\n            artifact: mlops-failed-$(System.JobAttempt)\n            displayName: Publish the record of a failed attempt\n            condition: and(failed(), ne(variables['mlops.recordFile'], ''))",
].join('\n\n')}

  - stage: release
    displayName: Deploy and test
    jobs:
      - job: endpoint
        steps:
${release.join('\n\n')}
`;
}

function trainInputs({ training, trainingConda, modelPath }: PipelineFacts): Inputs {
  const own: Inputs = training.jobFile
    ? [
        ['jobSource', 'file'],
        ['jobFile', training.jobFile],
      ]
    : [
        ...folderOf(training),
        ['command', training.command!],
        ['environment', trainingImage],
        ['condaFile', trainingConda],
      ];
  return [
    ['azureSubscription', '$(azureSubscription)'],
    ['resourceGroup', '$(resourceGroup)'],
    ['workspace', '$(workspace)'],
    ...own,
    ['compute', '$(compute)'],
    ['modelName', '$(modelName)'],
    modelPath !== undefined && modelPath !== 'outputs/model' ? ['modelPath', modelPath] : undefined,
  ];
}

function evaluateInputs({ criteria, modelCard }: PipelineFacts): Inputs {
  return [
    ['azureSubscription', '$(azureSubscription)'],
    ['criteria', `|\n${criteria.map((line) => `                ${line}`).join('\n')}`],
    ['modelCard', modelCard],
  ];
}

function packageInputs({ serving, servingEnvironment }: PipelineFacts): Inputs {
  const common: Inputs = [
    ['azureSubscription', '$(azureSubscription)'],
    ['packaging', serving.kind],
  ];
  switch (serving.kind) {
    case 'mlflow':
      return common;
    case 'dockerfile':
      return [...common, ...folderOf(serving), ['dockerfile', serving.dockerfile]];
    case 'scoringScript':
      return [...common, ...folderOf(serving), ['entryScript', serving.script], packagesOf(servingEnvironment)];
  }
}

function packagesOf({ condaFile, requirementsFile }: Environment): [name: string, value: string] {
  return requirementsFile ? ['requirementsFile', requirementsFile] : ['condaFile', condaFile];
}

/** A folder that is the repository's root cannot be told from an input that is left empty, and is what that means. */
function folderOf({ folder }: { folder: string }): Inputs {
  return folder === '.' ? [] : [['sourceDirectory', folder]];
}

function deployInputs({ serving }: PipelineFacts): Inputs {
  const own = serving.kind === 'dockerfile' ? serving : undefined;
  return [
    ['azureSubscription', '$(azureSubscription)'],
    ['resourceGroup', '$(resourceGroup)'],
    ['containerGroup', '$(modelName)'],
    ['dnsNameLabel', '$(modelName)'],
    ['dnsNameLabelReuse', 'ResourceGroupReuse'],
    own?.port && ['port', own.port],
    own?.scoringPath && ['scoringPath', own.scoringPath],
    own?.readinessPath && ['readinessPath', own.readinessPath],
  ].filter((input) => input !== '') as Inputs;
}

/** Without requests there is nothing to test; the step waits for them as a comment. */
function testStep({ hasGoldenRequests, requestsFile }: PipelineFacts): string {
  const step = task('MLOpsTestEndpoint@1', 'Test the endpoint', [
    ['azureSubscription', '$(azureSubscription)'],
    requestsFile ? ['requestsFile', requestsFile] : undefined,
    ['thresholds', 'errors < 1%'],
    ['promoteToChampion', 'true'],
  ]);
  if (hasGoldenRequests || requestsFile) return step;
  const why = [
    '          # Test-Endpoint needs requests: let training write outputs/golden_requests.json, a list of',
    '          # {"name": ..., "request": ..., "expected": ...}, and uncomment this step.',
  ];
  return [...why, step.replace(/^ {10}/gm, '          # ')].join('\n');
}

function task(reference: string, displayName: string, inputs: Inputs): string {
  const lines = inputs
    .filter((input) => input !== undefined)
    .map(([name, value]) => `              ${name}: ${value.startsWith('|\n') ? value : scalar(value)}`);
  return [
    `          - task: ${reference}`,
    `            displayName: ${displayName}`,
    '            inputs:',
    ...lines,
  ].join('\n');
}

/** As it stands where YAML reads it as that text, else in quotes. */
function scalar(value: string): string {
  return /^(true|\d+)$/.test(value) ? value : stringify(value, { lineWidth: 0 }).trimEnd();
}
