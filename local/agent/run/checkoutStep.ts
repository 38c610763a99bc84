import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { CheckoutOptions } from '../pipeline/plan';
import type { StepContext } from '../stepContext';
import { countChanges, fetchHistory, submodulePaths } from './gitHistory';
import { checkOut } from './sources';

/** `checkout: self`: the files as they lie on the disk, with the history of the repository that they are in. */
export function checkOutSources(context: StepContext, repository: string, options: CheckoutOptions): void {
  const { variables } = context.options;
  const target = path.join(variables.get('Agent.BuildDirectory')!, options.path ?? 's');
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
  if (options.path === undefined) return;
  // With one checkout the sources are where it puts them, and so is the folder in which steps start.
  for (const name of ['Build.SourcesDirectory', 'Build.Repository.LocalPath', 'System.DefaultWorkingDirectory']) {
    variables.set(name, target);
  }
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
