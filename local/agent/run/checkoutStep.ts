import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { CheckoutOptions } from '../pipeline/plan';
import type { StepContext } from '../stepContext';
import { countChanges, fetchHistory, submodulePaths } from './gitHistory';
import { checkOut } from './sources';

/** `checkout: self`: the files as they lie on the disk, with the history of the repository that they are in. */
export function checkOutSources(context: StepContext, repository: string, options: CheckoutOptions): void {
  const { variables } = context.options;
  const inSeveral = path.posix.join('s', variables.get('Build.Repository.Name')!);
  const folder = options.path ?? (options.isOneOfSeveral ? inSeveral : 's');
  const target = path.join(variables.get('Agent.BuildDirectory')!, folder);
  mkdirSync(target, { recursive: true });
  const commit = variables.get('Build.SourceVersion') ?? '';
  const originUri = variables.get('Build.Repository.Uri')!;
  const hasHistory = fetchHistory(repository, target, commit, { ...options, originUri });
  const count = checkOut(repository, target);
  context.write(`Copied ${count} files of ${repository} to ${target}`);
  if (hasHistory) {
    if (options.submodules !== 'none') copySubmodules(context, repository, target, options.submodules === 'recursive');
    const changes = countChanges(target);
    context.write(`HEAD is now at ${commit}${changes === 0 ? '' : `; ${changes} files differ from it`}`);
  } else {
    context.write('There is no commit here: the sources have no git history.');
  }
  for (const name of movedBy(options, inSeveral)) variables.set(name, target);
}

/**
 * The variables that follow a checkout with a path of its own: with one checkout also the folder in which steps start.
 * Source: Azure Pipelines, Predefined variables, Build.SourcesDirectory and Build.Repository.LocalPath.
 */
function movedBy(options: CheckoutOptions, inSeveral: string): string[] {
  if (options.path === undefined || (options.isOneOfSeveral && options.path === inSeveral)) return [];
  const all = ['Build.Repository.LocalPath', 'Build.SourcesDirectory', 'System.DefaultWorkingDirectory'];
  return options.isOneOfSeveral ? all.slice(0, 1) : all;
}

function copySubmodules(context: StepContext, root: string, target: string, isRecursive: boolean): void {
  for (const folder of submodulePaths(root)) {
    const source = path.join(root, folder);
    if (!existsSync(path.join(source, '.git'))) {
      throw new Error(`The submodule ${folder} is not checked out in ${root}: run git submodule update --init there.`);
    }
    const count = checkOut(source, path.join(target, folder));
    context.write(`Copied ${count} files of the submodule ${folder}`);
    if (isRecursive) copySubmodules(context, source, path.join(target, folder), true);
  }
}
