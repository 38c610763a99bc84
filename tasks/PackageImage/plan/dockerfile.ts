/** Where things lie in the image; Azure ML's own deployments use the same folders. */
export const appRoot = '/var/azureml-app';
export const port = 5001;
export const readinessPath = '/';
export const scoringPath = '/score';
/** The bill of materials, relative to appRoot. It is the only file in the image's last layer, from where it is read back. */
export const billOfMaterialsFile = 'sbom.cdx.json';

/** The Python environment of an image: what its packages are installed on, and how. */
export interface EnvironmentImage {
  /** Pinned by digest where that could be found. */
  readonly baseImage: string;
  readonly hasConda: boolean;
  /** Whether the server is installed by a call of pip of its own. */
  readonly hasServerApart: boolean;
  readonly variables: Readonly<Record<string, string>>;
  /** Names of build arguments that only the installation of packages may see. */
  readonly secretArguments: readonly string[];
}

export interface ScoringImage {
  /** The image with the environment, by digest. */
  readonly environment: string;
  readonly modelName: string;
  readonly modelVersion: string;
  /** The Python module that serves, and its arguments beside the model's folder and the port. */
  readonly server: { readonly module: string; readonly arguments: readonly string[] };
  readonly selfTest: boolean;
}

/** The folder of a model's files, relative to appRoot: the same as in Azure ML's online endpoints. */
export function modelDirectory(name: string, version: string): string {
  return `azureml-models/${name}/${version}`;
}

/**
 * The Dockerfile of the environment. It is an image of its own, because ACR Tasks start every build with an empty cache:
 * only so does a new version of a model, or of the code, find the packages installed, and share their layers.
 * It keeps to what the classic builder of ACR Tasks knows: no mounts, no here-documents.
 */
export function environmentDockerfile(image: EnvironmentImage): string {
  const { baseImage, hasConda, hasServerApart, secretArguments } = image;
  const install = [
    'COPY dependencies/ dependencies/',
    ...(hasConda
      ? [
          '# Conda first, pip after it: solved together they are more than the memory of a small build agent.',
          'RUN conda env create --quiet --prefix environment --file dependencies/conda.yaml && conda clean --all --yes --quiet',
        ]
      : ["# Beside the packages of the base's own Python.", 'RUN python -m venv --system-site-packages environment']),
    `RUN ${pipInstall('requirements.txt')}`,
    ...(hasServerApart
      ? ['# By itself, as a list with hashes takes nothing without one.', `RUN ${pipInstall('server.txt')}`]
      : []),
  ];
  const start = ['USER root', `WORKDIR ${appRoot}`];
  const hasSecrets = secretArguments.length > 0;
  return lines([
    '# The Python environment of a scoring image, written by the pipeline task MLOpsPackageImage.',
    `ARG BASE_IMAGE=${baseImage}`,
    '',
    ...(hasSecrets
      ? [
          '# Packages are installed in a stage of their own: its layers and its history, which see the secret arguments,',
          '# stay behind, and only the installed packages are taken over.',
          'FROM ${BASE_IMAGE} AS dependencies',
          ...start,
          ...secretArguments.map((name) => `ARG ${name}`),
          ...install,
          '',
        ]
      : []),
    'FROM ${BASE_IMAGE}',
    ...start,
    ...(hasSecrets ? [`COPY --from=dependencies ${appRoot}/environment environment`] : install),
    `ENV PATH=${appRoot}/environment/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp LOGNAME=scoring`,
    ...Object.entries(image.variables).map(([name, value]) => `ENV ${name}=${quoted(value)}`),
  ]);
}

function pipInstall(file: string): string {
  return `cd dependencies && ../environment/bin/python -m pip install --no-cache-dir --disable-pip-version-check --requirement ${file}`;
}

/** The Dockerfile of a scoring image, on top of its environment. Paths are relative to one working directory. */
export function scoringDockerfile(image: ScoringImage): string {
  const { modelName, modelVersion, server } = image;
  const model = modelDirectory(modelName, modelVersion);
  const serve = [server.module, ...server.arguments, '--model_dir', `"$PWD/${model}"`].join(' ');
  return lines([
    `# The scoring image of ${modelName}, written by the pipeline task MLOpsPackageImage.`,
    '# The base image with the Python environment.',
    `FROM ${image.environment} AS scoring`,
    '# The code, then the model: a new version of the model changes nothing above it.',
    'COPY code/ ./',
    `COPY model/ ${model}/`,
    '# A number, because the base may have no user of ours.',
    'USER 10001',
    '',
    '# What is checked here must hold, or there is no image. The image takes only the bill of materials from this stage.',
    'FROM scoring AS checked',
    'COPY check/ check/',
    ...(image.selfTest ? [`RUN environment/bin/python check/self_test.py ${serve}`] : []),
    'USER root',
    `RUN environment/bin/python check/bill_of_materials.py > ${billOfMaterialsFile}`,
    '',
    'FROM scoring',
    `COPY --from=checked ${appRoot}/${billOfMaterialsFile} ${billOfMaterialsFile}`,
    `EXPOSE ${port}`,
    'ENTRYPOINT []',
    '# exec: the server itself is the first process and gets the SIGTERM that ends a container.',
    `CMD exec environment/bin/python -m ${serve} --port ${port}`,
  ]);
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

/** A value of an instruction, on one line, in which nothing is filled in. */
function quoted(text: string): string {
  return `"${text.replace(/[\r\n]+/g, ' ').replace(/["\\$]/g, '\\$&')}"`;
}

/** The instruction that gives an image its labels; at the end of a Dockerfile it changes no layer. */
export function labelInstruction(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${quoted(name)}=${quoted(value)}`);
  return pairs.length > 0 ? `LABEL ${pairs.join(' \\\n      ')}\n` : '';
}
