import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { Models } from '../common/azure/ml/models';
import { listModelFiles, type ModelFile } from '../common/azure/ml/modelFiles';
import { Workspace } from '../common/azure/ml/workspace';
import { findContainerRegistry, type ContainerRegistry } from '../common/azure/registry/containerRegistry';
import { registryOfWorkspace, registryScope } from '../common/azure/registry/registryScope';
import { RegistryContents } from '../common/azure/registry/containerRegistryContents';
import { keyRoles } from '../common/azure/keyVault/keyRoles';
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

/** @throws TaskFailure that names every role that is missing */
async function checkRights(
  inputs: PackageInputs,
  workspace: Workspace,
  signer: Promise<unknown>,
  context: TaskContext,
): Promise<void> {
  const { session } = workspace;
  const { containerRegistry: wanted, registerEnvironment: registers, signingKey } = inputs;
  const rights = ['models/versions/read', ...(registers ? ['environments/versions/write'] : [])];
  const onWorkspace = workspaceRole(workspace, rights, 'to read the model and register its environment');
  const isId = wanted?.startsWith('/');
  const registry = isId ? wanted! : wanted ? registryScope(session, wanted) : registryOfWorkspace(workspace);
  const id = signingKey?.kind === 'keyVault' ? signingKey.id : undefined;
  const onKey = keyRoles(id ? [{ id, use: 'sign', attempt: () => signer }] : []);
  await requireRights(session, [onWorkspace, ...registryRoles(registry, inputs), ...onKey], context);
}

/** Opens the workspace of the model, and the registry that its image goes to. */
export async function openServices(inputs: PackageInputs, subject: Subject, context: TaskContext): Promise<Services> {
  const { log, signal } = context;
  const session = context.azure(inputs.connection);
  const workspace = new Workspace(session, subject.workspace.resourceGroup, subject.workspace.name);
  const signing = inputs.signingKey ? openSigner(inputs.signingKey, session, context) : Promise.resolve(undefined);
  // A role that it lacks is told with the others, and what else it lacks below.
  void signing.catch(() => undefined);
  await checkRights(inputs, workspace, signing, context);
  const [registry, signer] = await everyFailure([findContainerRegistry(workspace, inputs.containerRegistry), signing]);
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
