import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { Models } from '../common/azure/ml/models';
import { listModelFiles, type ModelFile } from '../common/azure/ml/modelFiles';
import { Workspace } from '../common/azure/ml/workspace';
import { findContainerRegistry, type ContainerRegistry } from '../common/azure/registry/containerRegistry';
import { RegistryContents } from '../common/azure/registry/containerRegistryContents';
import { requireRights } from '../common/azure/rights/requireRights';
import { workspaceRole } from '../common/azure/rights/workspaceRights';
import { everyFailure } from '../common/everyFailure';
import { openSigner } from '../common/evidence/signingKey';
import type { Signer } from '../common/evidence/signer';
import type { TaskContext } from '../common/task/taskContext';
import { chooseBuilder } from './build/chooseBuilder';
import type { ImageBuilder } from './build/imageBuilder';
import { registerEnvironment } from './image/registeredEnvironment';
import type { PackageInputs } from './inputs';
import type { Subject } from './modelToPackage';
import { registryRoles } from './registryRights';
import { pinBaseImage } from './plan/baseImage';
import type { ImagePlan } from './plan/imagePlan';

/** What the packaging of a model reads and writes outside of itself. */
export interface Services {
  readonly models: Pick<Models, 'get' | 'tag'>;
  readonly registry: ContainerRegistry;
  readonly contents: Pick<
    RegistryContents,
    'digest' | 'tag' | 'manifest' | 'blob' | 'addManifest' | 'addBlob' | 'addReferrer' | 'manifestDescriptor'
  >;
  /** Where the image is to be signed. */
  readonly signer?: Signer;
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

/**
 * Finds the registry, once the roles are there that it takes to package. One that is named by its name shows only to who may read
 * it, so that its roles are checked when it is found.
 */
async function findRegistry(
  inputs: PackageInputs,
  workspace: Workspace,
  context: TaskContext,
): Promise<ContainerRegistry> {
  const { session } = workspace;
  const rights = ['models/versions/read', ...(inputs.registerEnvironment ? ['environments/versions/write'] : [])];
  const onWorkspace = workspaceRole(workspace, rights, 'to read the model and register its environment');
  const { containerRegistry: wanted } = inputs;
  const onRegistry = (id: string | null | undefined) => (id ? registryRoles(id, inputs) : []);
  const id = wanted?.startsWith('/') ? wanted : undefined;
  await requireRights(session, [onWorkspace, ...onRegistry(id)], context);
  if (!wanted) await requireRights(session, onRegistry((await workspace.resource()).containerRegistry), context);
  const registry = await findContainerRegistry(workspace, wanted);
  if (wanted && !id) await requireRights(session, onRegistry(registry.id), context);
  return registry;
}

/** Opens the workspace of the model, and the registry that its image goes to. */
export async function openServices(inputs: PackageInputs, subject: Subject, context: TaskContext): Promise<Services> {
  const { log, signal } = context;
  const session = context.azure(inputs.connection);
  const workspace = new Workspace(session, subject.workspace.resourceGroup, subject.workspace.name);
  const [registry, signer] = await everyFailure([
    findRegistry(inputs, workspace, context),
    inputs.signingKey ? openSigner(inputs.signingKey, session, context) : Promise.resolve(undefined),
  ]);
  const contents = new RegistryContents(session, registry.loginServer, { kind: 'entra' });
  return {
    models: new Models(workspace),
    registry,
    contents,
    signer,
    modelFiles: (model) => listModelFiles(workspace, model, signal),
    pinBaseImage: (reference) =>
      pinBaseImage(reference, session, registry.loginServer, inputs.baseImageConnection, log, signal),
    builder: () => chooseBuilder(inputs, registry, contents, session, context),
    registerEnvironment: (name, image, plan, tags) => registerEnvironment(workspace, name, image, plan, tags, signal),
  };
}
