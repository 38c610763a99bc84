import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { TaskLog } from '../../../../log';
import { readCondaFile } from './condaFile';
import { TaskFailure } from '../../../../taskFailure';
import type { BlobTransfer } from '../../../storage/blobTransfer';
import { uploadSnapshot } from '../../codeSnapshot';
import { uploadData } from '../../../storage/dataUpload';
import { Computes } from '../../computes';
import { Environments } from '../../environments';
import { firstOf, type MachineLearningSdk } from '../../machineLearningSdk';
import type { Workspace } from '../../workspace';
import type { EnvironmentSpec, JobAssets, Origin } from './jobAssets';

/** Finds and makes the assets of a job in a workspace; whatever is named twice is brought in once. */
export class WorkspaceAssets implements JobAssets {
  private readonly done = new Map<string, Promise<unknown>>();
  private readonly environments: Environments;
  /** SHA-256 of the code snapshots that were brought in, by the id of the code version. */
  readonly codeHashes = new Map<string, string>();

  constructor(
    private readonly workspace: Workspace,
    private readonly transfer: BlobTransfer,
    private readonly log: TaskLog,
    private readonly signal: AbortSignal,
    private readonly computes = new Computes(workspace, signal),
  ) {
    this.environments = new Environments(workspace);
  }

  code(reference: string, origin: Origin): Promise<string> {
    const named = this.registered(reference, 'codes');
    if (named !== undefined) return Promise.resolve(named);
    if (/^git\+/i.test(reference)) {
      throw new TaskFailure(
        `${origin.place}: code from a git URL is not supported.`,
        'Check the repository out in the pipeline (resources.repositories and checkout) and name its directory.',
      );
    }
    const directory = this.localPath(reference, origin);
    if (!fs.statSync(directory).isDirectory()) {
      throw new TaskFailure(`${origin.place}: ${directory} is a file.`, 'Name the directory that contains the code.');
    }
    return this.once(`code ${directory}`, async () => {
      const { id, sha256 } = await uploadSnapshot(this.workspace, this.transfer, directory, this.ports);
      this.codeHashes.set(id, sha256);
      return id;
    });
  }

  environment(specification: string | EnvironmentSpec, origin: Origin): Promise<string> {
    return this.once(`environment ${JSON.stringify(specification)} ${origin.directory}`, async () => {
      if (typeof specification !== 'string') return this.inlineEnvironment(specification, origin);
      const reference = specification;
      if (/^(azureml:)?\/subscriptions\//i.test(reference)) return reference.replace(/^azureml:/i, '');
      // A curated environment of a registry: the service itself resolves versions and labels.
      if (/^azureml:\/\//i.test(reference)) return reference;
      const bare = reference.replace(/^azureml:/i, '');
      // The short names of curated environments are known only to the service.
      if (/^AzureML-[^:@/]+(:[^:@]+|@latest)$/i.test(bare)) return `azureml:${bare}`;
      const [, name, version] = /^([^:@/]+)(?::([^:@]+)|@latest)$/.exec(bare) ?? [];
      if (!name) {
        throw new TaskFailure(
          `${origin.place}: "${reference}" names no environment.`,
          'Write azureml:<name>:<version>, azureml:<name>@latest, azureml://registries/<registry>/environments/<name>/versions/<version>, or an image.',
        );
      }
      return this.environments.find(name, version ?? '@latest', this.signal);
    });
  }

  async compute(reference: string, origin: Origin): Promise<string | undefined> {
    const name = this.computeName(reference, origin);
    return name === undefined ? undefined : this.computeId(name, origin, false);
  }

  /** azure-ai-ml is recorded to send `…/computes/serverless`, as if it were a compute of the workspace. */
  async pipelineCompute(reference: string, origin: Origin): Promise<string> {
    const name = this.computeName(reference, origin);
    return name === undefined ? `${this.workspace.id}/computes/serverless` : this.computeId(name, origin, true);
  }

  data(reference: string, type: string, origin: Origin): Promise<string> {
    return this.once(`data ${type} ${origin.directory} ${reference}`, async () => {
      const isModel = type.endsWith('_model');
      const named = this.registered(reference, isModel ? 'models' : 'data');
      if (named !== undefined) return this.existing(named, isModel ? 'model' : 'data asset', origin);
      if (/^azureml:[^/]+@/i.test(reference)) return this.latest(reference, isModel ? 'models' : 'data', origin);
      const datastore = /^azureml:\/\/datastores\/([^/]+)\//i.exec(reference)?.[1];
      if (datastore) await this.requireDatastore(datastore, origin);
      if (/^([a-z][a-z0-9+.-]+:\/\/|runs:\/)/i.test(reference) && !/^file:/i.test(reference)) return reference;
      const local = this.localPath(reference.replace(/^file:(\/\/)?/i, ''), origin);
      const isDirectory = fs.statSync(local).isDirectory();
      if (type === 'uri_file' && isDirectory)
        throw new TaskFailure(`${origin.place}: ${local} is a directory, but the type is uri_file.`);
      if ((type === 'uri_folder' || type === 'mltable') && !isDirectory) {
        throw new TaskFailure(`${origin.place}: ${local} is a file, but the type is ${type}.`);
      }
      return uploadData(this.workspace, this.transfer, local, this.ports);
    });
  }

  component(reference: string, origin: Origin): Promise<string> {
    const bare = reference.replace(/^azureml:(?!\/\/)/i, '');
    if (bare.startsWith('/subscriptions/') || /^azureml:\/\//i.test(bare)) return Promise.resolve(bare);
    return this.once(`component ${bare}`, async () => {
      const named = this.registered(reference, 'components');
      if (named !== undefined) return this.existing(named, 'component', origin);
      return this.latest(reference, 'components', origin);
    });
  }

  async anonymousComponent(specification: Record<string, unknown>): Promise<string> {
    const plain = JSON.stringify(specification);
    const hash = createHash('sha256').update(plain).digest('hex').slice(0, 32);
    return this.once(`component ${hash}`, async () => {
      const { body } = await this.workspace.request<{ id: string }>({
        method: 'PUT',
        url: `components/azureml_anonymous/versions/${hash}`,
        shape: { id: 'string' },
        body: {
          properties: { componentSpec: JSON.parse(plain) as unknown, isAnonymous: true, properties: {}, tags: {} },
        },
        signal: this.signal,
      });
      return body.id;
    });
  }

  /** undefined for serverless compute. */
  private computeName(reference: string, origin: Origin): string | undefined {
    const name = reference.replace(/^azureml:/i, '');
    if (name === 'serverless') return undefined;
    if (name === 'local') {
      throw new TaskFailure(
        `${origin.place}: the compute "local" is the machine of az ml.`,
        'Name a compute of the workspace.',
      );
    }
    return name;
  }

  private async computeId(name: string, origin: Origin, isOneOfSeveral: boolean): Promise<string> {
    const id = /^\/subscriptions\//i.test(name) ? name : `${this.workspace.id}/computes/${name}`;
    const short = id.split('/').at(-1)!;
    if (await this.computes.find(short, isOneOfSeveral)) return id;
    const names = (await this.computes.list()).map((each) => each.name);
    throw new TaskFailure(
      `${origin.place}: the workspace ${this.workspace.name} has no compute "${short}".`,
      names.length > 0
        ? `There are: ${names.join(', ')}. Leave it empty for serverless compute.`
        : 'It has none: create one, or leave it empty for serverless compute.',
      { help: 'the-compute' },
    );
  }

  private async inlineEnvironment(spec: EnvironmentSpec, origin: Origin): Promise<string> {
    if (spec.build && (spec.image !== undefined || spec.conda_file !== undefined)) {
      throw new TaskFailure(
        `${origin.place}: an environment is either built from a Docker context or from an image, not both.`,
      );
    }
    if (!spec.build && spec.image === undefined) {
      throw new TaskFailure(`${origin.place}: the environment names neither an image nor a build context.`);
    }
    const condaFile =
      typeof spec.conda_file === 'string'
        ? await readCondaFile(this.localPath(spec.conda_file, origin))
        : spec.conda_file && (await import('yaml')).stringify(spec.conda_file);
    return this.environments.ensure(
      {
        image: spec.image,
        condaFile,
        build: spec.build && {
          contextUri: await this.buildContext(spec.build.path, origin),
          dockerfilePath: spec.build.dockerfile_path ?? 'Dockerfile',
        },
        osType: spec.os_type && /^windows$/i.test(spec.os_type) ? 'Windows' : undefined,
        inferenceConfig: spec.inference_config,
      },
      this.signal,
    );
  }

  private async buildContext(reference: string, origin: Origin): Promise<string> {
    if (/^https?:\/\//i.test(reference)) return reference;
    return uploadData(this.workspace, this.transfer, this.localPath(reference, origin), { ...this.ports, as: 'https' });
  }

  /** The id of an asset that is written `azureml:name:version`, or as an id already. */
  private registered(reference: string, kind: string): string | undefined {
    const bare = reference.replace(/^azureml:(?!\/\/)/i, '');
    if (/^\/subscriptions\//i.test(bare)) return bare;
    const [, name, version] = /^azureml:([^:@/]+):([^:@/]+)$/i.exec(reference) ?? [];
    return name && `${this.workspace.id}/${kind}/${name}/versions/${version}`;
  }

  private async existing(id: string, what: string, origin: Origin): Promise<string> {
    const own = id.toLowerCase().startsWith(`${this.workspace.id}/`.toLowerCase());
    const [kind = '', name = '', , version = ''] = id.slice(this.workspace.id.length + 1).split('/');
    if (!own || !isVersioned(kind)) return id;
    const found = await this.workspace.find(
      (sdk, place, options) => versionsOf(sdk, kind).get(...place, name, version, options),
      { isThere: true, signal: this.signal },
    );
    if (found) return id;
    throw new TaskFailure(
      `${origin.place}: the workspace ${this.workspace.name} has no ${what} "${name}" of version "${version}".`,
    );
  }

  private async latest(reference: string, kind: VersionedKind, origin: Origin): Promise<string> {
    const [, name, label] = /^(?:azureml:)?([^:@/]+)@(.+)$/i.exec(reference) ?? [];
    if (!name || label !== 'latest') {
      throw new TaskFailure(
        `${origin.place}: "${reference}" cannot be resolved.`,
        'Write azureml:<name>:<version> or azureml:<name>@latest.',
      );
    }
    const asking = { isThere: true, signal: this.signal };
    const [newest] = await this.workspace.newestVersions<{ id?: string }>(
      (sdk) => versionsOf(sdk, kind),
      name,
      1,
      asking,
    );
    if (newest?.id) return newest.id;
    throw new TaskFailure(
      `${origin.place}: the workspace ${this.workspace.name} has nothing of the name "${name}" under ${kind}.`,
    );
  }

  private async requireDatastore(name: string, origin: Origin): Promise<void> {
    const found = await this.workspace.find(
      ({ datastores }, place, options) => datastores.get(...place, name, options),
      { isThere: true, signal: this.signal },
    );
    if (found) return;
    const listed = await this.workspace.ask(
      ({ datastores }, place, options) => firstOf(datastores.list(...place, options)),
      { shape: 'object', signal: this.signal },
    );
    throw new TaskFailure(
      `${origin.place}: the workspace ${this.workspace.name} has no datastore "${name}".`,
      `There are: ${listed.map((each) => each.name).join(', ') || 'none'}.`,
    );
  }

  private localPath(reference: string, origin: Origin): string {
    const local = path.resolve(origin.directory, reference);
    if (fs.existsSync(local)) return local;
    throw new TaskFailure(
      `${origin.place}: ${local} does not exist.`,
      `Check the path; it starts at ${origin.directory}.`,
    );
  }

  private get ports(): { log: TaskLog; signal: AbortSignal } {
    return { log: this.log, signal: this.signal };
  }

  private once<T>(key: string, make: () => Promise<T>): Promise<T> {
    if (!this.done.has(key)) this.done.set(key, make());
    return this.done.get(key) as Promise<T>;
  }
}

type VersionedKind = 'models' | 'data' | 'components';

function isVersioned(kind: string): kind is VersionedKind {
  return ['models', 'data', 'components'].includes(kind);
}

/** The operations upon the versions of a kind of asset, as far as all kinds have the same. */
function versionsOf(sdk: MachineLearningSdk, kind: VersionedKind) {
  return { models: sdk.modelVersions, data: sdk.dataVersions, components: sdk.componentVersions }[kind];
}
