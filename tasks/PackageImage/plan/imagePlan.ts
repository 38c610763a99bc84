import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ModelFile } from '../../common/azure/ml/modelFiles';
import type { RegisteredModel } from '../../common/azure/ml/models';
import { TaskFailure } from '../../common/taskFailure';
import billOfMaterials from '../python/bill_of_materials.py';
import { directoryFiles, textFile, type ContextFile } from '../context/buildContext';
import { fromCondaFile, fromRequirements, type Dependencies } from './dependencies';
import * as scoring from './dockerfile';
import type { PackageInputs } from '../inputs';
import { selfTestFiles, type SelfTest } from './selfTest';

export interface BuildArgument {
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
}

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
  readonly port: number;
  /** Carried out on the container of the user's own image; an image of ours is tried while it is built. */
  readonly selfTest?: SelfTest;
  readonly readinessPath: string;
  readonly scoringPath: string;
}

export const dockerfileName = 'Dockerfile';

/** The whole build context of the scoring image. */
export function contextOf(plan: ImagePlan, dockerfile: string, modelFiles: readonly ModelFile[]): ContextFile[] {
  const astray = modelFiles.find((file) => file.path.split('/').some((part) => part === '..' || part === '.'));
  if (astray)
    throw new TaskFailure(`The model has a file of the name "${astray.path}", which leads out of its folder.`);
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
  const code = directoryFiles(inputs.sourceDirectory!, 'code');
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
        secretArguments: secrets.map(([name]) => name),
      }),
      files: [
        ...(dependencies.conda === undefined ? [] : [textFile('dependencies/conda.yaml', dependencies.conda)]),
        textFile('dependencies/requirements.txt', dependencies.requirements),
        ...[...dependencies.constraints].map(([name, text]) => textFile(`dependencies/${name}`, text)),
      ],
      arguments: secrets.map(([name, value]) => ({ name, value, isSecret: true })),
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
  const dockerfile = fs.readFileSync(inputs.dockerfile!, 'utf8').replace(/^\uFEFF/, '');
  const own: Record<string, string> = { MODEL_NAME: model.name, MODEL_VERSION: model.version };
  if (baseImage) own.BASE_IMAGE = baseImage;
  // Docker warns of arguments that no ARG declares.
  const declared = Object.entries(own).filter(([name]) => new RegExp(`^\\s*ARG\\s+${name}\\b`, 'im').test(dockerfile));
  return {
    dockerfile: () => dockerfile,
    // Beside the user's files under a name that is not theirs, as it gets labels.
    dockerfilePath: '.mlops-package-image.Dockerfile',
    files: directoryFiles(inputs.sourceDirectory!, ''),
    arguments: [
      ...declared.map(([name, value]) => ({ name, value, isSecret: false })),
      ...Object.entries(inputs.secretBuildArguments).map(([name, value]) => ({ name, value, isSecret: true })),
    ],
    selfTest,
    port: Number(/^\s*EXPOSE\s+(\d+)/im.exec(dockerfile)?.[1] ?? scoring.port),
    readinessPath: scoring.readinessPath,
    scoringPath: scoring.scoringPath,
  };
}

async function readDependencies({ condaFile, requirementsFile }: PackageInputs): Promise<Dependencies> {
  const file = condaFile ?? requirementsFile;
  if (!file) return fromRequirements('', '.');
  const text = fs.readFileSync(file, 'utf8');
  return condaFile ? fromCondaFile(text, file, path.dirname(file)) : fromRequirements(text, path.dirname(file));
}

/** Quoted for the shell where it needs to be. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
