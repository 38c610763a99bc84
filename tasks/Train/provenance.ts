import { execFile } from 'node:child_process';
import { withoutUserInfo } from '../common/azure/http/url';
import type { Pipeline } from '../common/pipeline';
import type { SourceSection } from '../common/record/record';

/** Where the code comes from, as far as the pipeline knows. */
export type Provenance = SourceSection;

/** @param isDirty whether tracked files differ from the commit; undefined where nobody can tell */
export function provenanceOf(pipeline: Pipeline, isDirty: boolean | undefined): Provenance {
  const { repository, build, project } = pipeline;
  return {
    repository: repository && {
      uri: withoutUserInfo(repository.uri),
      provider: repository.provider,
      branch: repository.branch,
      commit: repository.commit,
      dirty: isDirty,
    },
    build: build && { ...build, project },
  };
}

/**
 * The properties by which the studio and MLflow show where a job comes from.
 * Source: azure-ai-ml, get_git_properties.
 */
export function jobProvenance({ repository, build }: Provenance): Record<string, string> {
  const properties: Record<string, string | undefined> = {
    'mlflow.source.git.repoURL': repository?.uri,
    'mlflow.source.git.branch': repository?.branch.replace(/^refs\/heads\//, ''),
    'mlflow.source.git.commit': repository?.commit,
    'azureml.git.dirty': repository?.dirty === undefined ? undefined : repository.dirty ? 'True' : 'False',
    'azureml.git.build_id': build?.id,
    'azureml.git.build_uri': build?.url,
  };
  return Object.fromEntries(
    Object.entries(properties).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}

/** Asks git whether tracked files differ from the commit. @returns undefined where there is no git, or no repository */
export function askGitForChanges(directory: string): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const args = ['-C', directory, 'status', '--porcelain', '--untracked-files=no'];
    execFile('git', args, { timeout: 20_000, windowsHide: true }, (error, stdout) =>
      resolve(error ? undefined : stdout.trim() !== ''),
    );
  });
}
