import { ownValue } from '../common/ownValue';
import type { Artifacts } from '../common/azure/ml/artifacts';
import type { Job } from '../common/azure/ml/jobs/rest/jobs';
import { TaskFailure } from '../common/taskFailure';

/** Where a job left its model. */
export interface OutputModel {
  /** Among the job's outputs: as it was asked for, or where the only model was found. */
  readonly path: string;
  /** As Azure ML takes it for a model version. */
  readonly uri: string;
  /** Whether it has MLflow's MLmodel file; undefined where the files cannot be listed and the output's type does not tell. */
  readonly isMlflow?: boolean;
}

/** Lists the files of a named output, by their path within it. */
export type ListOutput = (uri: string) => Promise<string[] | undefined>;

/**
 * Finds the model among what a job left.
 * @param runId whose artifacts are looked through: the job, or the best trial of a sweep
 * @throws TaskFailure that lists what is there, where the path is not
 */
export async function findOutputModel(
  job: Job,
  runId: string,
  asked: { readonly path: string; readonly isDefault?: boolean },
  artifacts: Pick<Artifacts, 'list'>,
  listOutput: ListOutput,
): Promise<OutputModel> {
  const { path } = asked;
  const [output = ''] = path.split('/');
  if (output !== 'default' && ownValue(job.properties.outputs, output)) return inNamedOutput(job, path, listOutput);
  const all = ((await artifacts.list(runId, '')) ?? []).map((artifact) => artifact.path);
  const beneath = below(all, path);
  if (beneath.length === 0) {
    const models = await modelsElsewhere(job, all, listOutput);
    if (asked.isDefault && models.length === 1) {
      return findOutputModel(job, runId, { path: models[0]! }, artifacts, listOutput);
    }
    throw notThere(
      path,
      all.filter((file) => !/^(user_logs|system_logs|azureml-logs|logs)\//.test(file)),
      job,
      models,
    );
  }
  const isFolder = !all.includes(path);
  return {
    path,
    uri: `azureml://jobs/${runId}/outputs/artifacts/paths/${path}${isFolder ? '/' : ''}`,
    isMlflow: beneath.some(isMlmodel),
  };
}

/** The model in an output that the job names, which the path begins with. */
async function inNamedOutput(job: Job, path: string, listOutput: ListOutput): Promise<OutputModel> {
  const [output = '', ...within] = path.split('/');
  const { uri, jobOutputType } = ownValue(job.properties.outputs, output)!;
  const rest = within.join('/');
  const files = uri ? await listOutput(uri) : undefined;
  const beneath = files && below(files, rest);
  if (beneath?.length === 0)
    throw notThere(
      path,
      files!.map((file) => `${output}/${file}`),
      job,
    );
  const isDeclared = rest === '' && jobOutputType === 'mlflow_model';
  return {
    path,
    uri: `azureml://jobs/${job.name}/outputs/${output}/paths/${rest}`,
    isMlflow: beneath?.some(isMlmodel) ?? (isDeclared || undefined),
  };
}

/** The files that the path names: itself, or those beneath it, relative to it. */
function below(files: readonly string[], path: string): string[] {
  if (path === '') return [...files];
  return files
    .filter((file) => file === path || file.startsWith(`${path}/`))
    .map((file) => file.slice(path.length).replace(/^\//, ''));
}

function isMlmodel(file: string): boolean {
  return file === 'MLmodel';
}

/** Where a job left models of which one can tell: MLflow's by their file MLmodel, others by the type of a named output. */
async function modelsElsewhere(job: Job, files: readonly string[], listOutput: ListOutput): Promise<string[]> {
  const folders = (all: readonly string[]) =>
    all.flatMap((file) => (file === 'MLmodel' ? [''] : file.endsWith('/MLmodel') ? [file.slice(0, -8)] : []));
  const found = folders(files);
  for (const [name, output] of Object.entries(job.properties.outputs ?? {})) {
    if (!output || name === 'default') continue;
    if (/_model$/.test(output.jobOutputType)) found.push(name);
    else if (output.uri && output.jobOutputType === 'uri_folder') {
      found.push(
        ...folders((await listOutput(output.uri)) ?? []).map((folder) => (folder ? `${name}/${folder}` : name)),
      );
    }
  }
  return [...new Set(found)].filter((folder) => folder !== '').sort();
}

function notThere(path: string, files: readonly string[], job: Job, models: readonly string[] = []): TaskFailure {
  const shown = files.slice(0, 20);
  const named = Object.keys(job.properties.outputs ?? {}).filter((name) => name !== 'default');
  const list =
    shown.map((file) => `\n  - ${file}`).join('') + (files.length > 20 ? `\n  - and ${files.length - 20} more` : '');
  return new TaskFailure(
    `Input modelPath: the job ${job.name} left nothing under "${path}".`,
    adviceOn(models) +
      (files.length > 0 ? `What it left:${list}` : 'It left no files at all.') +
      (named.length > 0 ? `\nIts named outputs: ${named.join(', ')}.` : ''),
    { help: 'the-model-is-not-among-the-outputs' },
  );
}

function adviceOn(models: readonly string[]): string {
  if (models.length === 0) return '';
  const shown = models.slice(0, 10).map((model) => `modelPath: ${model}`);
  return models.length === 1
    ? `There is a model elsewhere: set ${shown[0]}. `
    : `There are ${models.length} models elsewhere: set ${shown.join(', or ')}. `;
}
