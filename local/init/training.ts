import path from 'node:path';
import { parse } from 'yaml';
import type { ProjectFiles } from './projectFiles';

/** How a project trains, as far as its files tell. */
export interface Training {
  /** Where it was found. */
  file: string;
  /** The code's folder, from the project's root on. */
  folder: string;
  /** A job file of Azure ML is run as it is; otherwise the command, which starts in the folder. */
  jobFile?: string;
  command?: string;
  /** The Python source, as far as it is known. */
  source: string;
}

export function findTraining(files: ProjectFiles): Training | undefined {
  return fromJobFile(files) ?? fromMLproject(files) ?? fromScript(files);
}

function fromJobFile(files: ProjectFiles): Training | undefined {
  const file = files.paths.find(
    (name) => /\.ya?ml$/.test(name) && /(command|sweep|pipeline)Job\.schema\.json/i.test(files.text(name)),
  );
  if (!file) return undefined;
  const script = /\bpython3?\s+(\S+\.py)/.exec(files.text(file))?.[1];
  const code = /^code:\s*(\S+)/m.exec(files.text(file))?.[1] ?? '.';
  const place = script && path.posix.join(path.posix.dirname(file), code, script);
  return {
    file,
    folder: path.posix.dirname(file),
    jobFile: file,
    source: place && files.has(place) ? files.text(place) : '',
  };
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
    return value === undefined ? `{${name}}` : String(value);
  };
  const folder = path.posix.dirname(file);
  const command = main.command.replace(/\{(\w+)\}/g, (_, name: string) => preset(name)).trim();
  const script = /(\S+\.py)/.exec(command)?.[1];
  const place = script && path.posix.join(folder, script);
  return { file, folder, command, source: place && files.has(place) ? files.text(place) : '' };
}

function fromScript(files: ProjectFiles): Training | undefined {
  const scripts = files
    .python()
    .filter(({ file }) => !/^(score|test_.*|setup|conftest)\.py$/.test(path.posix.basename(file)));
  const named = scripts.find(({ file }) => /^train(ing)?\.py$/.test(path.posix.basename(file)));
  const found =
    named ?? scripts.find(({ file }) => /train/.test(file)) ?? scripts.find(({ text }) => /\.fit\(/.test(text));
  if (!found) return undefined;
  const { dir, base } = path.posix.parse(found.file);
  return { file: found.file, folder: dir || '.', command: `python ${base}`, source: found.text };
}
