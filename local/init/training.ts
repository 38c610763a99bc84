import path from 'node:path';
import { parse } from 'yaml';
import type { ProjectFiles } from './projectFiles';
import { isScoringScript } from './serving';

/** How a project trains, as far as its files tell. */
export interface Training {
  /** Where it was found. */
  file: string;
  /** The code's folder, from the project's root on. */
  folder: string;
  /** A job file of Azure ML is run as it is; otherwise the command, which starts in the folder. */
  jobFile?: string;
  command?: string;
  /** The Python sources, as far as they are known: the script first, then what lies beside and beneath it. */
  source: string;
  /** The output of a job file that holds the model. */
  output?: { name: string; isMLflow: boolean };
  /** What a sweep chooses its best trial by. */
  metric?: string;
}

export function findTraining(files: ProjectFiles): Training | undefined {
  return fromJobFile(files) ?? fromMLproject(files) ?? fromScript(files);
}

interface JobFile {
  outputs?: Record<string, { type?: string } | null>;
  objective?: { primary_metric?: string };
}

function fromJobFile(files: ProjectFiles): Training | undefined {
  const file = files.paths.find(
    (name) => /\.ya?ml$/.test(name) && /(command|sweep|pipeline)Job\.schema\.json/i.test(files.text(name)),
  );
  if (!file) return undefined;
  const folder = path.posix.dirname(file);
  const { outputs, objective } = parse(files.text(file)) as JobFile;
  return {
    file,
    folder,
    jobFile: file,
    source: sourcesIn(files, folder),
    output: modelOutput(outputs ?? {}),
    metric: objective?.primary_metric,
  };
}

/** The output of a model's type, or of its name. */
function modelOutput(outputs: NonNullable<JobFile['outputs']>): Training['output'] {
  const all = Object.entries(outputs).map(([name, output]) => ({ name, type: output?.type ?? '' }));
  const found = all.find(({ type }) => /_model$/.test(type)) ?? all.find(({ name }) => /model/i.test(name));
  return found && { name: found.name, isMLflow: found.type === 'mlflow_model' };
}

/** The texts of a folder's Python files, without those that score; those of `first` come first. */
function sourcesIn(files: ProjectFiles, folder: string, first?: string): string {
  const inside = files
    .python()
    .filter(({ file, text }) => (folder === '.' || file.startsWith(`${folder}/`)) && !isScoringScript(text));
  inside.sort((one, other) => Number(other.file === first) - Number(one.file === first));
  return inside.map(({ text }) => text).join('\n');
}

/** The command of the entry point `main`, with the defaults of its parameters. */
function fromMLproject(files: ProjectFiles): Training | undefined {
  const file = files.find(/^MLproject$/);
  if (!file) return undefined;
  const project = parse(files.text(file)) as {
    entry_points?: Record<string, { command?: string; parameters?: Record<string, unknown> }>;
  };
  const main = project.entry_points?.main;
  if (!main?.command) return undefined;
  const preset = (name: string): string => {
    const parameter = main.parameters?.[name];
    const value =
      parameter !== null && typeof parameter === 'object' ? (parameter as { default?: unknown }).default : undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : `{${name}}`;
  };
  const folder = path.posix.dirname(file);
  const command = main.command.replace(/\{(\w+)\}/g, (_, name: string) => preset(name)).trim();
  const script = /(\S+\.py)/.exec(command)?.[1];
  const place = script && path.posix.join(folder, script);
  return { file, folder, command, source: sourcesIn(files, folder, place) };
}

function fromScript(files: ProjectFiles): Training | undefined {
  const scripts = files
    .python()
    .filter(
      ({ file, text }) => !/^(test_.*|setup|conftest)\.py$/.test(path.posix.basename(file)) && !isScoringScript(text),
    );
  const named = scripts.find(({ file }) => /^train(ing)?\.py$/.test(path.posix.basename(file)));
  const found =
    named ?? scripts.find(({ file }) => /train/.test(file)) ?? scripts.find(({ text }) => /\.fit\(/.test(text));
  if (!found) return undefined;
  const { dir, base } = path.posix.parse(found.file);
  const folder = dir || '.';
  return { file: found.file, folder, command: `python ${base}`, source: sourcesIn(files, folder, found.file) };
}
