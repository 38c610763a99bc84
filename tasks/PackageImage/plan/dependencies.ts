import * as fs from 'node:fs';
import * as path from 'node:path';
import { TaskFailure } from '../../common/taskFailure';

/** Pinned, so that the same sources give the same server; it must run on the Pythons of Azure ML's images. */
export const inferenceServer = 'azureml-inference-server-http';
export const inferenceServerRequirement = `${inferenceServer}==1.5.1`;

/** What goes into the image's Python environment, in the two steps in which it is installed. */
export interface Dependencies {
  /** Conda's own packages as a specification without pip's; undefined where the base image's Python is used. */
  readonly conda?: string;
  /** A requirements file for pip; never empty. */
  readonly requirements: string;
  /** Constraint files that the requirements name, by the name under which they lie beside them. */
  readonly constraints: ReadonlyMap<string, string>;
}

interface CondaSpecification {
  name?: unknown;
  channels?: unknown;
  dependencies?: unknown;
  [key: string]: unknown;
}

/**
 * Takes a Conda specification apart: solved together, its packages and pip's are more than a small build agent's memory
 * holds. Source: a comment in azureml-assets' sklearn-1.5 Dockerfile.
 * @param directory where files that pip's list names are looked for
 * @throws TaskFailure if it is no Conda specification
 */
export async function fromCondaFile(text: string, file: string, directory: string): Promise<Dependencies> {
  const yaml = await import('yaml');
  let parsed: CondaSpecification | null;
  try {
    parsed = yaml.parse(text) as CondaSpecification | null;
  } catch (error) {
    throw new TaskFailure(`The Conda file ${file} is not YAML: ${(error as Error).message}`);
  }
  const dependencies = parsed?.dependencies;
  if (!parsed || typeof parsed !== 'object' || !Array.isArray(dependencies)) {
    throw new TaskFailure(`The Conda file ${file} has no list "dependencies".`, 'Give a Conda specification.');
  }
  const packages = dependencies.filter((each): each is string => typeof each === 'string');
  const pip = dependencies
    .map((each) => (each as { pip?: unknown } | null)?.pip)
    .find((list): list is unknown[] => Array.isArray(list));
  if (!packages.some((each) => /^(\S+::)?python\b(?!-)/.test(each))) {
    throw new TaskFailure(
      `The Conda file ${file} names no version of Python, so that each build might get another one.`,
      'Add e.g. "python=3.11" to its dependencies.',
    );
  }
  if (!packages.some((each) => /^(\S+::)?pip\b/.test(each))) packages.push('pip');
  // A prefix in the file would put the environment somewhere else; the name means nothing in an image.
  const { name: _name, prefix: _prefix, ...rest } = parsed;
  const conda = yaml.stringify({ ...rest, dependencies: packages });
  return { conda, ...withServer((pip ?? []).map(String), directory) };
}

/** @param text of a requirements file */
export function fromRequirements(text: string, directory: string): Dependencies {
  return withServer(text.replace(/^\uFEFF/, '').split(/\r?\n/), directory);
}

/**
 * The requirements with the server added unless they name it, or azureml-defaults, which brings it along in the version
 * that fits it. Files that they include are put in their place, so that one file says everything.
 */
function withServer(lines: readonly string[], directory: string): Pick<Dependencies, 'requirements' | 'constraints'> {
  const constraints = new Map<string, string>();
  const all = include(lines, directory, constraints, []);
  const names = all.map((line) => /^[A-Za-z0-9][\w.-]*/.exec(line)?.[0].toLowerCase().replace(/[_.]/g, '-'));
  if (!names.includes(inferenceServer) && !names.includes('azureml-defaults')) all.push(inferenceServerRequirement);
  return { requirements: `${all.join('\n')}\n`, constraints };
}

function include(
  lines: readonly string[],
  directory: string,
  constraints: Map<string, string>,
  within: readonly string[],
): string[] {
  return lines.flatMap((raw) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const [, option, name] = /^(-r|--requirement|-c|--constraint)[\s=]+(\S+)/.exec(line) ?? [];
    if (!option || !name || /^\w+:\/\//.test(name)) return [line];
    const file = path.resolve(directory, name);
    if (!fs.existsSync(file) || within.includes(file)) {
      throw new TaskFailure(
        within.includes(file)
          ? `The requirements file ${file} includes itself.`
          : `The requirements name a file ${file} ("${line}"), which does not exist.`,
      );
    }
    const text = fs.readFileSync(file, 'utf8');
    if (option === '-r' || option === '--requirement') {
      return include(text.split(/\r?\n/), path.dirname(file), constraints, [...within, file]);
    }
    const beside = `constraints-${constraints.size + 1}.txt`;
    constraints.set(beside, text);
    return [`--constraint ${beside}`];
  });
}
