import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ServiceConnection } from '../common/azure/http/serviceConnection';
import { readSigningKey, type SigningKey } from '../common/evidence/signingKey';
import { isVariableName, variableNameRule } from '../common/environmentVariable';
import { parseImageName } from '../common/imageName';
import type { DockerRegistryConnection } from '../common/dockerRegistryConnection';
import type { InputReader } from '../common/task/inputReader';
import { readTextFile } from '../common/textFile';
import { buildKitFeatures } from './plan/buildKitFeatures';
import { findEntryScriptProblems } from './plan/entryScript';
import { keptArguments } from './plan/keptArguments';
import type { SelfTestCase } from './plan/selfTestCase';
import { parseTolerance, toleranceProblem, type Tolerance } from '../common/requestsFile/tolerance';
import { messageOf } from '../common/messageOf';
import { revealed, type Secret } from '../common/secret';

export type Packaging = 'scoringScript' | 'mlflow' | 'dockerfile';

export interface PackageInputs {
  readonly connection: ServiceConnection;
  readonly resourceGroup?: string;
  readonly workspace?: string;
  readonly modelName?: string;
  readonly modelVersion?: string;
  readonly packaging: Packaging;
  /** Absolute; the root of the code or of the build context. Not set for mlflow. */
  readonly sourceDirectory?: string;
  /** Relative to sourceDirectory, with slashes. */
  readonly entryScript?: string;
  readonly condaFile?: string;
  readonly requirementsFile?: string;
  readonly dockerfile?: string;
  /** Whether the image is tried before it is pushed. */
  readonly selfTest: boolean;
  /** The request that an input gives; undefined: the golden requests of the record, if it has any. */
  readonly selfTestRequest?: SelfTestCase;
  /** Of requests that have none of their own. */
  readonly selfTestTolerance: Tolerance;
  readonly selfTestEnvironmentVariables: Readonly<Record<string, string>>;
  readonly baseImage: string;
  readonly baseImageConnection?: DockerRegistryConnection;
  readonly secretBuildArguments: Readonly<Record<string, Secret>>;
  readonly containerRegistry?: string;
  readonly imageRepository?: string;
  readonly imageTags: readonly string[];
  readonly registerEnvironment: boolean;
  readonly imageAnnotations: boolean;
  readonly builder: 'acrTasks' | 'docker';
  readonly rebuild: 'whenChanged' | 'always';
  readonly agentPool?: string;
  readonly buildTimeoutInMinutes: number;
  readonly recordFile?: string;
  readonly signingKey?: SigningKey;
}

const repositoryPattern = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;

export function readInputs(reader: InputReader): PackageInputs {
  const packaging = reader.choice('packaging', ['scoringScript', 'mlflow', 'dockerfile']);
  const model = readModel(reader);
  const baseImage = reader.text('baseImage') ?? '';
  if (packaging !== 'dockerfile' && baseImage === '') reader.problem('baseImage', 'it is required but empty.');
  if (baseImage !== '' && !parseImageName(baseImage)) {
    reader.problem('baseImage', `"${baseImage}" is not an image reference such as registry/repository:tag.`);
  }
  const imageRepository = reader.text('imageRepository');
  if (imageRepository !== undefined && !repositoryPattern.test(imageRepository)) {
    reader.problem(
      'imageRepository',
      `"${imageRepository}" is not a repository name: lower-case letters, digits, and . _ - / between them.`,
    );
  }
  const secretBuildArguments = reader.secretKeyValues('secretBuildArguments', (name) =>
    isVariableName(name) ? undefined : `it does not begin with a valid name of a variable. ${variableNameRule}`,
  );
  const sources = readSources(reader, packaging);
  if (sources.dockerfile) checkBuilderKnows(reader, sources.dockerfile);
  if (sources.dockerfile) checkSecretsStayBehind(reader, sources.dockerfile, secretBuildArguments, baseImage);
  return {
    connection: reader.requiredServiceConnection('azureSubscription', reader.subscriptionId('subscription')),
    resourceGroup: reader.text('resourceGroup'),
    workspace: reader.text('workspace'),
    ...model,
    packaging,
    ...sources,
    selfTest: reader.flag('selfTest'),
    selfTestRequest: readSelfTestRequest(reader),
    selfTestTolerance: readTolerance(reader),
    selfTestEnvironmentVariables: readSelfTestEnvironment(reader),
    baseImage,
    baseImageConnection: reader.dockerRegistryConnection('baseImageConnection'),
    secretBuildArguments,
    containerRegistry: reader.text('containerRegistry'),
    imageRepository,
    imageTags: readImageTags(reader),
    registerEnvironment: reader.flag('registerEnvironment'),
    imageAnnotations: reader.flag('imageAnnotations'),
    builder: reader.choice('builder', ['acrTasks', 'docker']),
    rebuild: reader.choice('rebuild', ['whenChanged', 'always']),
    // The list in the designer is of all registries: `registry/pool`.
    agentPool: reader.text('agentPool')?.split('/').pop(),
    buildTimeoutInMinutes: reader.number('buildTimeoutInMinutes', { min: 5, max: 480, unit: 'minutes' }) ?? 60,
    recordFile: reader.file('recordFile'),
    signingKey: readSigningKey(reader),
  };
}

function readModel(reader: InputReader): Pick<PackageInputs, 'modelName' | 'modelVersion'> {
  const modelName = reader.text('modelName');
  const modelVersion = reader.text('modelVersion');
  if (modelVersion && !modelName) reader.problem('modelName', 'it is required when modelVersion is set.');
  if (modelVersion && !/^\d+$/.test(modelVersion)) {
    reader.problem('modelVersion', `"${modelVersion}" is not a version. Versions are whole numbers, e.g. 3.`);
  }
  return { modelName, modelVersion };
}

function readImageTags(reader: InputReader): string[] {
  const imageTags = reader.lines('imageTags');
  for (const { line, text } of imageTags) {
    if (!tagPattern.test(text))
      reader.problem('imageTags', `line ${line}, "${text}", is not a tag: letters, digits, . _ - only.`);
  }
  return imageTags.map(({ text }) => text);
}

type Sources = Pick<PackageInputs, 'sourceDirectory' | 'entryScript' | 'condaFile' | 'requirementsFile' | 'dockerfile'>;

/** The files that the packaging wants; a script without init() or run() is found here, before anything is created. */
function readSources(reader: InputReader, packaging: Packaging): Sources {
  if (packaging === 'mlflow') return {};
  const given = reader.directory('sourceDirectory');
  if (packaging === 'dockerfile') {
    const dockerfile = reader.file('dockerfile');
    if (!dockerfile)
      reader.problem('dockerfile', 'it is required when packaging is "dockerfile". Name your Dockerfile.');
    return { dockerfile, sourceDirectory: given ?? (dockerfile && path.dirname(dockerfile)) };
  }
  const condaFile = reader.file('condaFile');
  const requirementsFile = reader.file('requirementsFile');
  if (condaFile && requirementsFile) {
    reader.problem(
      'requirementsFile',
      'name a Conda file or a requirements file, not both: a Conda file has a list for pip.',
    );
  }
  const name = reader.text('entryScript') ?? 'score.py';
  const found = [given, reader.workDirectory]
    .filter((directory) => directory !== undefined)
    .map((directory) => path.resolve(directory, name))
    .find((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile());
  if (!found) {
    reader.problem(
      'entryScript',
      `there is no file "${name}" in ${given ?? reader.workDirectory}. Name your scoring script.`,
    );
    return { condaFile, requirementsFile };
  }
  const sourceDirectory = given ?? path.dirname(found);
  const entryScript = path.relative(sourceDirectory, found).split(path.sep).join('/');
  if (entryScript.startsWith('../')) {
    reader.problem(
      'entryScript',
      `${found} lies outside of the source directory ${sourceDirectory}, so the image would lack it.`,
    );
  }
  for (const problem of findEntryScriptProblems(fs.readFileSync(found, 'utf8'))) {
    reader.problem('entryScript', `${entryScript} ${problem}`);
  }
  return { sourceDirectory, entryScript, condaFile, requirementsFile };
}

/** ACR Tasks build without BuildKit: better said now than in the build's log. */
function checkBuilderKnows(reader: InputReader, dockerfile: string): void {
  if (reader.text('builder') !== 'acrTasks' || !fs.statSync(dockerfile, { throwIfNoEntry: false })?.isFile()) return;
  const found = buildKitFeatures(readTextFile(dockerfile));
  if (found.length === 0) return;
  const told = found.map(({ line, feature }) => `${feature} in line ${line}`).join(', ');
  reader.problem(
    'dockerfile',
    `ACR Tasks build without BuildKit and do not support ${told}. Write it without that, or set the input builder to "docker".`,
  );
}

/** Of the user's own Dockerfile, whose arguments the image's history may show; ours keep them in a stage of their own. */
function checkSecretsStayBehind(
  reader: InputReader,
  dockerfile: string,
  secrets: Readonly<Record<string, Secret>>,
  baseImage: string,
): void {
  if (Object.keys(secrets).length === 0 || !fs.statSync(dockerfile).isFile()) return;
  const given = { ...revealed(secrets), ...(baseImage === '' ? {} : { BASE_IMAGE: baseImage }) };
  for (const { name, line } of keptArguments(readTextFile(dockerfile), given)) {
    if (!(name in secrets)) continue;
    reader.problem(
      'secretBuildArguments',
      `line ${line} of the Dockerfile declares "${name}" in a stage that the image consists of, so that its history would show the value to everyone who may pull it. Declare it in an earlier stage, and take what that made by COPY --from.`,
    );
  }
}

function readTolerance(reader: InputReader): Tolerance {
  const text = reader.text('selfTestTolerance') ?? '1e-6';
  const tolerance = parseTolerance(text);
  if (!tolerance) reader.problem('selfTestTolerance', toleranceProblem(text));
  return tolerance ?? { absolute: 0, relative: 0 };
}

function readSelfTestEnvironment(reader: InputReader): Record<string, string> {
  const variables = reader.keyValues('selfTestEnvironmentVariables');
  for (const name of Object.keys(variables)) {
    if (!/^[A-Za-z_]\w*$/.test(name))
      reader.problem('selfTestEnvironmentVariables', `"${name}" is not a valid name of an environment variable.`);
  }
  return variables;
}

/** A picture within JSON is big; more than this no server takes. */
const largestRequest = 64 * 1024 * 1024;

function readSelfTestRequest(reader: InputReader): SelfTestCase | undefined {
  const text = reader.text('selfTestRequest');
  if (text === undefined) return undefined;
  let json = text;
  if (!/^[[{"\d-]|^(true|false|null)$/.test(text) || fs.existsSync(path.resolve(reader.workDirectory, text))) {
    const read = reader.textOf(reader.file('selfTestRequest'), 'selfTestRequest', largestRequest);
    if (read === undefined) return undefined;
    json = read;
  }
  try {
    JSON.parse(json);
  } catch (error) {
    reader.problem('selfTestRequest', `it is not JSON: ${messageOf(error)}. Give a request as run() gets it.`);
  }
  return {
    name: 'POST /score',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(json),
    expectStatus: '2xx',
    tolerance: { absolute: 0, relative: 0 },
  };
}
