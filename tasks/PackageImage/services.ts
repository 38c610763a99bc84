import type { RegisteredModel } from '../common/azure/ml/models';
import { Models } from '../common/azure/ml/models';
import { listModelFiles, type ModelFile } from '../common/azure/ml/modelFiles';
import { Workspace } from '../common/azure/ml/workspace';
import { findContainerRegistry, type ContainerRegistry } from '../common/azure/registry/containerRegistry';
import { RegistryContents } from '../common/azure/registry/containerRegistryContents';
import type { TaskContext } from '../common/task/taskContext';
import { chooseBuilder } from './build/chooseBuilder';
import type { ImageBuilder } from './build/imageBuilder';
import { registerEnvironment } from './image/registeredEnvironment';
import type { PackageInputs } from './inputs';
import type { Subject } from './modelToPackage';
import { pinBaseImage } from './plan/baseImage';
import type { ImagePlan } from './plan/imagePlan';

/** What the packaging of a model reads and writes outside of itself. */
export interface Services {
  readonly models: Pick<Models, 'get' | 'tag'>;
  readonly registry: ContainerRegistry;
  readonly contents: Pick<RegistryContents, 'digest' | 'tag' | 'manifest' | 'blob' | 'addManifest'>;
  modelFiles(model: RegisteredModel): Promise<ModelFile[]>;
  /** The base image by the digest that its tag has now. */
  pinBaseImage(reference: string): Promise<string>;
  builder(): Promise<ImageBuilder>;
  /** @returns ARM id of the environment version that is this image */
  registerEnvironment(
    name: string,
    image: string,
    plan: ImagePlan,
    tags: Readonly<Record<string, string>>,
  ): Promise<string>;
}

/** Opens the workspace of the model, and the registry that its image goes to. */
export async function openServices(inputs: PackageInputs, subject: Subject, context: TaskContext): Promise<Services> {
  const { log, signal } = context;
  const session = context.azure(inputs.connection);
  const workspace = new Workspace(session, subject.workspace.resourceGroup, subject.workspace.name);
  const registry = await findContainerRegistry(workspace, inputs.containerRegistry);
  const contents = new RegistryContents(session, registry.loginServer, { kind: 'entra' });
  return {
    models: new Models(workspace),
    registry,
    contents,
    modelFiles: (model) => listModelFiles(workspace, model, signal),
    pinBaseImage: (reference) =>
      pinBaseImage(reference, session, registry.loginServer, inputs.baseImageConnection, log, signal),
    builder: () => chooseBuilder(inputs, registry, contents, session, context),
    registerEnvironment: (name, image, plan, tags) => registerEnvironment(workspace, name, image, plan, tags, signal),
  };
}
