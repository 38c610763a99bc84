import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { parse } from 'yaml';
import { root } from '../../../scripts/taskManifest';
import { ofSubscription, readmePipeline, type Substitutions } from './readmePipeline';

export const projectsFolder = path.join(root, 'test', 'projects');
/** The ready pipelines for others' projects, which are one themselves. */
const recipes = path.join(root, 'examples', 'recipes');

/** One call of the local agent, and what must come of it. */
export interface ProjectRun {
  /** What follows `mlops-local run`. */
  arguments: string[];
  expect: Expectation;
  /** `mlops-local init` writes the pipeline first. */
  isInit?: boolean;
}

export interface Expectation {
  /** None, where there was nothing new to judge. */
  decision: 'approved' | 'rejected' | 'none';
  /** The result of each stage; without it every stage must have succeeded. */
  stages?: Record<string, string>;
  /** Whether the model is champion at the end. */
  champion: boolean;
  /** Whether the run ends where the record is published, as a classic build does. */
  deploys: boolean;
}

export interface Project {
  name: string;
  /** Where its files lie in the repository. */
  folder: string;
  runs: ProjectRun[];
  /** The pipeline's text, where it is README's with the project's names. */
  pipeline?: string;
  /** What stands beside the project and is not part of it, or is left out. */
  leftOut: string[];
}

/** What stands beside a project for the runner and is not part of it. */
const ofRunner = ['substitutions.yml', 'runs.yml'];
const pipelineFile = 'azure-pipelines.yml';

export function projectNames(): string[] {
  return [...ownProjectNames(), path.basename(recipes)].sort();
}

/** Those that have a training of their own. */
export function ownProjectNames(): string[] {
  return readdirSync(projectsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== path.basename(__dirname))
    .map(({ name }) => name);
}

const approved: Expectation = { decision: 'approved', champion: true, deploys: true };

/** The project as it was before it had a pipeline. @throws for what is nothing but pipelines */
export function withoutPipeline(name: string): Project {
  if (name === path.basename(recipes)) throw new Error(`${name} have no project to write a pipeline for.`);
  const run = { arguments: [pipelineFile], expect: approved, isInit: true };
  return { name, folder: path.join(projectsFolder, name), runs: [run], leftOut: [...ofRunner, pipelineFile] };
}

export function readProject(name: string): Project {
  const folder = name === path.basename(recipes) ? recipes : path.join(projectsFolder, name);
  const substitutions = readYaml<Substitutions>(path.join(folder, 'substitutions.yml'));
  if (substitutions) {
    const run = { arguments: [pipelineFile], expect: approved };
    return { name, folder, runs: [run], pipeline: readmePipeline(substitutions), leftOut: ofRunner };
  }
  const given = readYaml<GivenRun[]>(path.join(folder, 'runs.yml'));
  if (!given) throw new Error(`${name} has neither substitutions.yml nor runs.yml.`);
  return { name, folder, runs: given.map(projectRun), leftOut: ofRunner };
}

interface GivenRun {
  /** Instead of the project's azure-pipelines.yml. */
  arguments?: string[];
  set?: Record<string, string | number>;
  expect: Partial<Expectation> & Pick<Expectation, 'decision'>;
}

function projectRun({ arguments: given = [pipelineFile], set = {}, expect }: GivenRun): ProjectRun {
  const isApproved = expect.decision === 'approved';
  return {
    arguments: [...given, ...Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`])],
    expect: { champion: isApproved, deploys: isApproved, ...expect },
  };
}

function readYaml<T>(file: string): T | undefined {
  return existsSync(file) ? (parse(readFileSync(file, 'utf8')) as T) : undefined;
}

/** What the recipes' README tells their user to do: copy the templates beside them, and put the own names in. */
function adoptRecipes(target: string): void {
  cpSync(path.join(root, 'templates', 'yaml'), path.join(target, 'templates', 'yaml'), { recursive: true });
  const folder = path.join(target, 'pipelines');
  for (const file of readdirSync(folder)) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    writeFileSync(
      path.join(folder, file),
      text.replace(/\bmy-(connection|group|workspace)\b/g, (name) => ofSubscription[name]!),
    );
  }
}

/** Makes the project a repository of its own, as its users have it, and returns where it lies. */
export function checkOut(project: Project, parent: string): string {
  const target = path.join(parent, project.name);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  cpSync(project.folder, target, { recursive: true, filter: (file) => !project.leftOut.includes(path.basename(file)) });
  if (project.folder === recipes) adoptRecipes(target);
  if (project.pipeline !== undefined) writeFileSync(path.join(target, pipelineFile), project.pipeline);
  const git = (...args: string[]): void => {
    const author = ['-c', 'user.name=Projects', '-c', 'user.email=projects@example.invalid'];
    execFileSync('git', [...author, ...args], { cwd: target, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', `Begin ${project.name}`);
  return target;
}
