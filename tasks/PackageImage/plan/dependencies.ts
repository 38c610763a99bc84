import * as fs from 'node:fs';
import * as path from 'node:path';
import { readRequirementLines, type RequirementLine } from '../../common/python/requirementLines';
import { TaskFailure } from '../../common/taskFailure';
import { directoryFiles, localFile, textFile, type ContextFile } from '../context/buildContext';
import { messageOf } from '../../common/messageOf';

/** Pinned, so that the same sources give the same server; it must run on the Pythons of Azure ML's images. */
export const inferenceServer = 'azureml-inference-server-http';
export const inferenceServerRequirement = `${inferenceServer}==1.5.1`;

/** What goes into the image's Python environment, in the steps in which it is installed. */
export interface Dependencies {
  /** Conda's own packages as a specification without pip's; undefined where the base image's Python is used. */
  readonly conda?: string;
  /** Environment variables that the Conda specification sets. */
  readonly variables: Readonly<Record<string, string>>;
  /** A requirements file for pip. */
  readonly requirements: string;
  /** A second one, for a call of pip of its own; undefined where the first has all. */
  readonly server?: string;
  /** What the two name, beside them: files of constraints, packages that lie on this machine. */
  readonly files: readonly ContextFile[];
}

interface CondaSpecification {
  name?: unknown;
  channels?: unknown;
  dependencies?: unknown;
  variables?: unknown;
  [key: string]: unknown;
}

/**
 * Takes a Conda specification apart: solved together, its packages and pip's are more than a small build agent's memory
 * holds. Source: a comment in azureml-assets' sklearn-1.5 Dockerfile.
 * @param directory where files that pip's list names are looked for
 * @param told where its user knows them to lie, if that is another folder
 * @throws TaskFailure if it is not a Conda specification
 */
export async function fromCondaFile(
  text: string,
  file: string,
  directory: string,
  told = directory,
): Promise<Dependencies> {
  const yaml = await import('yaml');
  let parsed: CondaSpecification | null;
  try {
    parsed = yaml.parse(text) as CondaSpecification | null;
  } catch (error) {
    throw new TaskFailure(`The Conda file ${file} is not YAML: ${messageOf(error)}`);
  }
  const dependencies = parsed?.dependencies;
  if (!parsed || typeof parsed !== 'object' || !Array.isArray(dependencies)) {
    throw new TaskFailure(`The Conda file ${file} has no list "dependencies".`, 'Give a Conda specification.');
  }
  const packages = dependencies.filter((each): each is string => typeof each === 'string');
  const pip = dependencies.flatMap((each: unknown) => pipList(each, file));
  if (!packages.some((each) => /^(\S+::)?python\b(?!-)/.test(each))) {
    throw new TaskFailure(
      `The Conda file ${file} names no Python version, so each build might get a different one.`,
      'Add e.g. "python=3.11" to its dependencies.',
    );
  }
  if (!packages.some((each) => /^(\S+::)?pip\b/.test(each))) packages.push('pip');
  // A prefix in the file would put the environment somewhere else; the name means nothing in an image. Conda sets
  // variables when it activates an environment, which nobody does in an image: they become the image's own.
  const { name: _name, prefix: _prefix, variables, ...rest } = parsed;
  const conda = yaml.stringify({ ...rest, dependencies: packages });
  return { conda, ...withServer(pip, directory, told), variables: readVariables(variables, file) };
}

/** @returns the lines for pip of one entry; none where it is a package of Conda's */
function pipList(entry: unknown, file: string): string[] {
  if (typeof entry === 'string') return [];
  const list = (entry as { pip?: unknown } | null)?.pip;
  if (entry !== null && typeof entry === 'object' && 'pip' in entry && Object.keys(entry).length === 1) {
    if (list === null) return [];
    if (Array.isArray(list)) return list.map(String);
  }
  throw new TaskFailure(
    `The Conda file ${file} has the dependency ${JSON.stringify(entry)}, which is neither a package nor a list "pip".`,
    'Write packages as texts such as "numpy=1.26", and pip\'s as a list beneath "pip:".',
  );
}

function readVariables(given: unknown, file: string): Record<string, string> {
  const variables = given ?? {};
  const isMapping = typeof variables === 'object' && !Array.isArray(variables);
  const entries = isMapping ? Object.entries(variables) : [];
  if (!isMapping || entries.some(([name, value]) => !/^[A-Za-z_]\w*$/.test(name) || typeof value === 'object')) {
    throw new TaskFailure(`The Conda file ${file} has "variables" that are not a mapping of names to values.`);
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** @param text of a requirements file */
export function fromRequirements(text: string, directory: string): Dependencies {
  return { ...withServer(text.replace(/^\uFEFF/, '').split(/\r?\n/), directory), variables: {} };
}

/**
 * The requirements with the server added unless they name it, or azureml-defaults, which brings it along in the version
 * that fits it. Files that they include are put in their place, so that one file says everything; what else they name on
 * this machine goes beside it.
 */
function withServer(
  given: readonly string[],
  directory: string,
  told = directory,
): Omit<Dependencies, 'conda' | 'variables'> {
  const files: ContextFile[] = [];
  const lines = readRequirementLines(given, directory, told).map((line, index) => placed(line, index + 1, files));
  const names = lines.map((line) => /^[A-Za-z0-9][\w.-]*/.exec(line)?.[0].toLowerCase().replace(/[_.]/g, '-'));
  const hasServer = names.includes(inferenceServer) || names.includes('azureml-defaults');
  const isHashed = lines.some((line) => /(^|\s)--(hash|require-hashes)\b/.test(line));
  if (!isHashed) {
    const all = hasServer ? lines : [...lines, inferenceServerRequirement];
    return { requirements: asText(all), files };
  }
  if (hasServer) return { requirements: asText(lines), files };
  files.push(textFile('dependencies/installed.txt', asText(lines.flatMap(pinOf))));
  return { requirements: asText(lines), server: asText(serverOnly(lines)), files };
}

/**
 * For a call of pip that wants no hashes, as nobody knows them for all that the server brings along. It looks for packages
 * where the first one did, and changes nothing that the first one installed.
 */
function serverOnly(lines: readonly string[]): string[] {
  const places = lines.filter((line) => /^-/.test(line) && !/^(--require-hashes|--constraint)/.test(line));
  return [...places, '--constraint installed.txt', inferenceServerRequirement];
}

/** The version that a requirement with hashes pins, as a constraint. */
function pinOf(line: string): string[] {
  const [, name, version, marker = ''] =
    /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(===?\s*[^\s;]+)(\s*;.*?)?(?=\s--|$)/.exec(line) ?? [];
  return name && version ? [`${name}${version}${marker}`] : [];
}

/** The line as it stands in the image's requirements, with what it names put beside them. */
function placed(line: RequirementLine, number: number, files: ContextFile[]): string {
  switch (line.kind) {
    case 'plain':
      return line.text;
    case 'constraints': {
      const name = `constraints-${number}.txt`;
      files.push(textFile(`dependencies/${name}`, asText(line.lines)));
      return `--constraint ${name}`;
    }
    case 'links':
      files.push(...directoryFiles(line.place, `dependencies/links-${number}`, { links: 'followed' }));
      return `--find-links links-${number}`;
    case 'local': {
      const stat = fs.statSync(line.place);
      // Not editable: the image has only the packages, not the folder that they came from.
      const name = `package-${number}${stat.isDirectory() ? '' : `/${path.basename(line.place)}`}`;
      if (stat.isDirectory()) files.push(...directoryFiles(line.place, `dependencies/${name}`, { links: 'followed' }));
      else files.push(localFile(line.place, `dependencies/${name}`, stat));
      return `./${name}${line.behind}`;
    }
  }
}

function asText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
