import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ModelFile } from '../../common/azure/ml/modelFiles';
import type { RegisteredModel } from '../../common/azure/ml/registeredModel';
import { TaskFailure } from '../../common/taskFailure';
import { readTextFile } from '../../common/textFile';
import billOfMaterials from '../python/bill_of_materials.py';
import { directoryFiles, textFile, type ContextFile } from '../context/buildContext';
import { fromCondaFile, fromRequirements, type Dependencies } from './dependencies';
import * as scoring from './dockerfile';
import { exposedPort } from './exposedPort';
import type { PackageInputs } from '../inputs';
import { selfTestFiles, type SelfTest } from './selfTesting';
import type { ServerTest } from './serverTesting';
import type { RunValue } from '../../common/azure/registry/runRequest';
import { revealed } from '../../common/secret';

/** A secret one stands in no tag, log or layer. */
export type BuildArgument = RunValue;

/** The image that the scoring image grows from. */
export interface EnvironmentPlan {
  readonly dockerfile: string;
  readonly files: readonly ContextFile[];
  readonly arguments: readonly BuildArgument[];
}

/** What an image is made of, and how it is spoken to. */
export interface ImagePlan {
  /** Not set where the user's own Dockerfile does everything. */
  readonly environment?: EnvironmentPlan;
  /**
   * The Dockerfile without labels.
   * @param environment reference of the environment's image
   */
  dockerfile(environment: string): string;
  /** Its path within the context. */
  readonly dockerfilePath: string;
  /** Everything but the Dockerfile, the environment and the model. */
  readonly files: readonly ContextFile[];
  readonly arguments: readonly BuildArgument[];
  /** Set where no Dockerfile of ours tests the image while it is built. */
  readonly serverTest?: ServerTest;
  readonly port: number;
  readonly readinessPath: string;
  readonly scoringPath: string;
}

export const dockerfileName = 'Dockerfile';

/** The whole build context of the scoring image. */
export function contextOf(plan: ImagePlan, dockerfile: string, modelFiles: readonly ModelFile[]): ContextFile[] {
  const astray = modelFiles.find((file) => file.path.split('/').some((part) => part === '..' || part === '.'));
  if (astray) throw new TaskFailure(`The model has a file named "${astray.path}", which leads out of its folder.`);
  return [
    textFile(plan.dockerfilePath, dockerfile),
    ...plan.files,
    ...modelFiles.map((file) => ({ ...file, path: `model/${file.path}` })),
  ];
}

/** For packaging "scoringScript". */
export async function planScoringScript(
  inputs: PackageInputs,
  model: RegisteredModel,
  baseImage: string,
  selfTest: SelfTest | undefined,
): Promise<ImagePlan> {
  const dependencies = await readDependencies(inputs);
  const server = {
    module: 'azureml_inference_server_http',
    arguments: ['--entry_script', shellWord(inputs.entryScript!)],
  };
  const code = directoryFiles(inputs.sourceDirectory!, 'code', { links: 'followed' });
  return planServer(inputs, model, baseImage, dependencies, code, server, selfTest);
}

/** An image in which the inference server, or one that is built on it, serves the model. */
export function planServer(
  inputs: PackageInputs,
  model: RegisteredModel,
  baseImage: string,
  dependencies: Dependencies,
  code: readonly ContextFile[],
  server: scoring.ScoringImage['server'],
  selfTest: SelfTest | undefined,
): ImagePlan {
  const secrets = Object.entries(inputs.secretBuildArguments);
  return {
    environment: {
      dockerfile: scoring.environmentDockerfile({
        baseImage,
        hasConda: dependencies.conda !== undefined,
        hasServerApart: dependencies.server !== undefined,
        variables: dependencies.variables,
        secretArguments: secrets.map(([name]) => name),
      }),
      files: [
        ...(dependencies.conda === undefined ? [] : [textFile('dependencies/conda.yaml', dependencies.conda)]),
        textFile('dependencies/requirements.txt', dependencies.requirements),
        ...(dependencies.server === undefined ? [] : [textFile('dependencies/server.txt', dependencies.server)]),
        ...dependencies.files,
      ],
      arguments: secrets.map(([name, value]) => ({ name, value })),
    },
    dockerfile: (environment) =>
      scoring.scoringDockerfile({
        environment,
        modelName: model.name,
        modelVersion: model.version,
        server,
        selfTest: selfTest !== undefined,
      }),
    dockerfilePath: dockerfileName,
    files: [
      ...code,
      textFile('check/bill_of_materials.py', billOfMaterials),
      ...(selfTest ? selfTestFiles(selfTest) : []),
    ],
    arguments: [],
    port: scoring.port,
    readinessPath: scoring.readinessPath,
    scoringPath: scoring.scoringPath,
  };
}

/** For packaging "dockerfile": the user's own, with the model's files under model/ of the context. */
export function planOwnDockerfile(
  inputs: PackageInputs,
  model: RegisteredModel,
  baseImage: string | undefined,
  selfTest: SelfTest | undefined,
): ImagePlan {
  const dockerfile = readTextFile(inputs.dockerfile!);
  const { secretBuildArguments: secrets } = inputs;
  const own: Record<string, string> = { MODEL_NAME: model.name, MODEL_VERSION: model.version };
  if (baseImage) own.BASE_IMAGE = baseImage;
  // Docker warns of arguments that no ARG declares.
  const declared = Object.entries(own).filter(([name]) => new RegExp(`^\\s*ARG\\s+${name}\\b`, 'im').test(dockerfile));
  const { readinessPath, scoringPath } = scoring;
  const port = portOf(dockerfile, { ...own, ...revealed(secrets) });
  return {
    dockerfile: () => dockerfile,
    // Beside the user's files under a name that is not theirs, as it gets labels.
    dockerfilePath: '.mlops-package-image.Dockerfile',
    files: directoryFiles(inputs.sourceDirectory!, '', { links: 'kept', ignoreFile: ignoreFileOf(inputs) }),
    arguments: [
      ...declared.map(([name, value]) => ({ name, value })),
      ...Object.entries(secrets).map(([name, value]) => ({ name, value })),
    ],
    serverTest: selfTest && { ...selfTest, port, readinessPath, scoringPath },
    ...{ port, readinessPath, scoringPath },
  };
}

function portOf(dockerfile: string, given: Readonly<Record<string, string>>): number {
  const exposed = exposedPort(dockerfile, given);
  if (!exposed) return scoring.port;
  if ('port' in exposed) return exposed.port;
  throw new TaskFailure(
    `Line ${exposed.line} of the Dockerfile exposes "${exposed.text}", and no ARG or ENV of that stage gives its value.`,
    'Write the number of the port, or give the variable a value in the Dockerfile.',
  );
}

/** Docker looks for the rules of this very Dockerfile first. Source: Docker's page on the build context. */
function ignoreFileOf({ dockerfile, sourceDirectory }: PackageInputs): string {
  const own = `${dockerfile}.dockerignore`;
  return fs.existsSync(own) ? own : path.join(sourceDirectory!, '.dockerignore');
}

async function readDependencies({ condaFile, requirementsFile }: PackageInputs): Promise<Dependencies> {
  const file = condaFile ?? requirementsFile;
  if (!file) return fromRequirements('', '.');
  const text = readTextFile(file);
  return condaFile ? fromCondaFile(text, file, path.dirname(file)) : fromRequirements(text, path.dirname(file));
}

/** Quoted for the shell where it needs to be. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
