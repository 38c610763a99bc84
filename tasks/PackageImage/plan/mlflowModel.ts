import type { ModelFile } from '../../common/azure/ml/modelFiles';
import type { RegisteredModel } from '../../common/azure/ml/registeredModel';
import { TaskFailure } from '../../common/taskFailure';
import { textFile } from '../context/buildContext';
import { fromCondaFile, type Dependencies } from './dependencies';
import { planServer, type ImagePlan } from './imagePlan';
import type { PackageInputs } from '../inputs';
import mlflowServer from '../python/mlflow_server.py';
import { fetchNamedFiles } from './modelPackages';
import type { SelfTest } from './selfTesting';

/** Its module's name, as which it is started. */
const serverModule = 'mlflow_server';

interface MlModel {
  mlflow_version?: string;
  flavors?: Record<
    string,
    { env?: string | { conda?: string; virtualenv?: string }; python_version?: string } | undefined
  >;
}

/** Descriptions are small; a bigger file is not one. */
const mostBytes = 1024 * 1024;

/** For packaging "mlflow": everything that the image needs stands in the model. */
export async function planMlflowModel(
  inputs: PackageInputs,
  model: RegisteredModel,
  baseImage: string,
  files: readonly ModelFile[],
  selfTest: SelfTest | undefined,
  scratch: string,
  signal: AbortSignal,
): Promise<ImagePlan> {
  const dependencies = await readMlflowDependencies(model, files, scratch, signal);
  return planServer(
    inputs,
    model,
    baseImage,
    dependencies,
    [textFile(`code/${serverModule}.py`, mlflowServer)],
    { module: serverModule, arguments: [] },
    selfTest,
  );
}

/**
 * Reads what a model says that it needs: Python's version and the packages of its conda.yaml, or of python_env.yaml and
 * requirements.txt where it has no conda.yaml. MLflow itself is added in the model's version if it is not among them.
 * Wheels and the like that the model carries are fetched.
 * Source: MLflow's model format, "Model environment".
 * @param scratch an empty folder, in which what is fetched lies until the image is built
 * @throws TaskFailure if it is not an MLflow model, none that Python can load, or one for an MLflow that is too old to serve it
 */
export async function readMlflowDependencies(
  model: RegisteredModel,
  files: readonly ModelFile[],
  scratch: string,
  signal: AbortSignal,
): Promise<Dependencies> {
  const yaml = await import('yaml');
  const told = `The model ${model.name} version ${model.version}`;
  const folder = folderOfModel(files, told);
  const read = (name: string) => readText(files, folder + name, signal);
  const mlModel = yaml.parse((await read('MLmodel'))!) as MlModel | null;
  const flavor = mlModel?.flavors?.python_function;
  if (!flavor) {
    const others = Object.keys(mlModel?.flavors ?? {}).join(', ') || 'none';
    throw new TaskFailure(
      `${told} has no flavour python_function, by which any MLflow model is served; its flavours: ${others}.`,
      'Choose the packaging "scoringScript" or "dockerfile".',
    );
  }
  const environment = typeof flavor.env === 'string' ? { conda: flavor.env } : (flavor.env ?? {});
  const conda = await read(environment.conda ?? 'conda.yaml');
  const text = conda ?? (await specification(read, environment.virtualenv, flavor.python_version, yaml.parse));
  if (text === undefined) {
    throw new TaskFailure(
      `${told} says nothing of the packages that it needs: it has neither conda.yaml nor requirements.txt.`,
    );
  }
  await fetchNamedFiles(files, folder, text, scratch, signal);
  const dependencies = await fromCondaFile(text, `${folder}conda.yaml of the model`, scratch, folder);
  const requirements = withMlflow(dependencies.requirements, mlModel.mlflow_version);
  requireServing(requirements, told);
  return { ...dependencies, requirements };
}

/** @returns where the file MLmodel lies that is nearest to the top: empty, or with a slash at the end */
function folderOfModel(files: readonly ModelFile[], told: string): string {
  const [description] = files
    .filter(({ path }) => /(^|\/)MLmodel$/.test(path))
    .sort((a, b) => a.path.split('/').length - b.path.split('/').length);
  if (description) return description.path.slice(0, -'MLmodel'.length);
  throw new TaskFailure(
    `${told} is not an MLflow model: it does not contain a file MLmodel.`,
    'Log it by mlflow.<flavour>.log_model or save_model, or choose the packaging "scoringScript".',
  );
}

/** @param version the one that logged the model, where it says so */
function withMlflow(requirements: string, version: string | undefined): string {
  const hasMlflow = /^mlflow(-skinny)?(\[.*?\])?\s*($|[<>=!~;@])/m.test(requirements);
  const added = version ? `mlflow-skinny==${version}` : 'mlflow-skinny';
  return hasMlflow ? requirements : `${requirements}${added}\n`;
}

/** @throws TaskFailure where the MLflow that is pinned cannot serve */
function requireServing(requirements: string, told: string): void {
  const pinned = /^mlflow(?:-skinny)?(?:\[.*?\])?\s*===?\s*((\d+)\.(\d+)\S*)/m.exec(requirements);
  if (pinned && Number(pinned[2]) * 100 + Number(pinned[3]) < 206) {
    throw new TaskFailure(
      `${told} pins MLflow ${pinned[1]}, which cannot be served: the code by which MLflow reads requests and writes replies is there since 2.6.`,
      'Log it again with MLflow 2.6 or newer, or choose the packaging "scoringScript" or "dockerfile".',
    );
  }
}

/** What a model without conda.yaml needs, as a Conda specification: JSON is YAML. */
async function specification(
  read: (name: string) => Promise<string | undefined>,
  virtualenv: string | undefined,
  pythonVersion: string | undefined,
  parse: (text: string) => unknown,
): Promise<string | undefined> {
  const requirements = await read('requirements.txt');
  if (requirements === undefined) return undefined;
  const python = parse((await read(virtualenv ?? 'python_env.yaml')) ?? '{}') as { python?: string } | null;
  const version = python?.python ?? pythonVersion ?? '3.11';
  const pip = requirements.split(/\r?\n/).filter((line) => line.trim() !== '');
  return JSON.stringify({ channels: ['conda-forge'], dependencies: [`python=${version}`, 'pip', { pip }] });
}

async function readText(files: readonly ModelFile[], path: string, signal: AbortSignal): Promise<string | undefined> {
  const file = files.find((each) => each.path === path);
  if (!file) return undefined;
  const { size, stream } = await file.open(signal);
  if (size > mostBytes) {
    stream.destroy();
    throw new TaskFailure(`The model's file ${path} has ${size} bytes, which is too much for a description.`);
  }
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
