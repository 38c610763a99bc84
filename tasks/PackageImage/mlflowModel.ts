import type { ModelFile } from '../common/azure/modelFiles';
import type { RegisteredModel } from '../common/azure/models';
import { TaskFailure } from '../common/taskFailure';
import type { ImagePlan } from './imagePlan';
import type { PackageInputs } from './inputs';

export function planMlflowModel(
  _inputs: PackageInputs,
  _model: RegisteredModel,
  _baseImage: string,
  _modelFiles: readonly ModelFile[],
  _signal: AbortSignal,
): Promise<ImagePlan> {
  return Promise.reject(new TaskFailure('Packaging mlflow follows.'));
}
