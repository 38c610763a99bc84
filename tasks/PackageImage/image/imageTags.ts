import { isAzureFailure } from '../../common/azure/http/azureFailure';
import type { RegistryContents } from '../../common/azure/registry/containerRegistryContents';
import type { RegisteredModel } from '../../common/azure/ml/registeredModel';
import type { TaskContext } from '../../common/task/taskContext';
import type { PackageInputs } from '../inputs';
import { asTag } from './imageLabels';

/** The content's tag comes last: people look for the others. */
export function chooseTags(
  { imageTags }: Pick<PackageInputs, 'imageTags'>,
  { version }: Pick<RegisteredModel, 'version'>,
  { build }: TaskContext['pipeline'],
  content: string,
): readonly string[] {
  const number = asTag(build?.number ?? '');
  return [...new Set([`v${version}`, ...(number ? [number] : []), ...imageTags, content])];
}

/** Gives an image that is there the tags that it lacks. One that the registry refuses is told, and no reason to stop. */
export async function addTags(
  contents: Pick<RegistryContents, 'digest' | 'tag'>,
  repository: string,
  digest: string,
  tags: readonly string[],
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
): Promise<void> {
  await Promise.all(
    tags.map(async (tag) => {
      try {
        if ((await contents.digest(repository, tag, signal)) !== digest)
          await contents.tag(repository, digest, tag, signal);
      } catch (error) {
        if (!isAzureFailure(error)) throw error;
        log.warning(`The image could not be given the tag ${tag}: ${error.message}`);
      }
    }),
  );
}

export function asRepository(modelName: string): string {
  return modelName.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, ''); // prettier-ignore
}
