import { isAzureFailure } from '../../common/azure/http/azureFailure';
import type { RegisteredModel } from '../../common/azure/ml/registeredModel';
import type { TaskContext } from '../../common/task/taskContext';
import type { PackageInputs } from '../inputs';
import type { ImagePlan } from '../plan/imagePlan';
import type { Services } from '../services';

/** How often Azure is asked, and how long is waited in between, in milliseconds. */
const attempts = 5;
const firstPause = 2_000;

/**
 * Tells Azure Machine Learning of the image: as an environment version where the inputs want it, and in the model's tags.
 * The image is pushed by then, and hours of building are not thrown away for either: what Azure does not take is a warning.
 * @param reference of the image, by digest
 * @returns ARM id of the environment version; undefined where there is none
 */
export async function announce(
  services: Pick<Services, 'models' | 'registerEnvironment'>,
  { registerEnvironment }: Pick<PackageInputs, 'registerEnvironment'>,
  model: RegisteredModel,
  plan: ImagePlan,
  repository: string,
  reference: string,
  context: Pick<TaskContext, 'log' | 'clock' | 'signal'>,
): Promise<string | undefined> {
  const name = repository.replace(/[^A-Za-z0-9._-]+/g, '-'); // names of environments hold no slash
  const tags = { model: model.name, modelVersion: model.version };
  const imageDigest = reference.slice(reference.indexOf('@') + 1);
  const [environmentId] = await Promise.all([
    registerEnvironment
      ? patiently(
          () => services.registerEnvironment(name, reference, plan, tags),
          'The image is not registered as an environment',
          context,
        )
      : undefined,
    patiently(
      () => services.models.tag(model.name, model.version, { image: reference, imageDigest }),
      `The model ${model.name} version ${model.version} did not get its image as a tag`,
      context,
    ),
  ]);
  return environmentId;
}

/** Repeats what meets another operation (409) or too many requests (429); each call may be made twice. */
async function patiently<T>(
  call: () => Promise<T>,
  whatIsLacking: string,
  { log, clock, signal }: Pick<TaskContext, 'log' | 'clock' | 'signal'>,
): Promise<T | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!isAzureFailure(error)) throw error;
      if (attempt === attempts || !isAzureFailure(error, 409, 429)) {
        log.warning(`${whatIsLacking}; the image itself is pushed and can be deployed. ${error.message}`);
        return undefined;
      }
      await clock.sleep(firstPause * 2 ** (attempt - 1), signal);
    }
  }
}
