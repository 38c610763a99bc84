import { createHash } from 'node:crypto';
import { TaskFailure } from '../../taskFailure';
import { firstOf, type Asking, type MachineLearningSdk } from './machineLearningSdk';
import type { Workspace } from './workspace';

/** What an environment is made of: an image, by itself or with Conda packages on top, or a Docker build context. */
export interface EnvironmentContent {
  readonly image?: string;
  /** Text of a Conda specification. */
  readonly condaFile?: string;
  readonly build?: { readonly contextUri: string; readonly dockerfilePath?: string };
  readonly osType?: 'Linux' | 'Windows';
  readonly inferenceConfig?: unknown;
}

/**
 * The name under which environments that a job brings along are kept; their version is a hash of their content. Source:
 * azure-ai-ml's recordings, where every client of Azure uses this one.
 */
const anonymousName = 'CliV2AnonymousEnvironment';

/** The environments of a workspace. */
export class Environments {
  constructor(private readonly workspace: Workspace) {}

  /**
   * The environment version of this content: the one that is there, or a new one. The same content always gives the same
   * version, so that versions do not pile up and an image that was built once is used again.
   * @returns ARM id
   */
  async ensure(content: EnvironmentContent, signal: AbortSignal): Promise<string> {
    const plain = JSON.stringify([
      content.image ?? null,
      content.condaFile?.replace(/\r\n/g, '\n') ?? null,
      content.build?.contextUri ?? null,
      content.build?.dockerfilePath ?? null,
      content.osType ?? null,
      content.inferenceConfig ?? null,
    ]);
    const version = createHash('sha256').update(plain).digest('hex').slice(0, 32);
    const found = await this.version(anonymousName, version, { signal });
    if (found) return found;
    const { body } = await this.workspace.request<{ id: string }>({
      method: 'PUT',
      url: `environments/${anonymousName}/versions/${version}`,
      body: { properties: { ...content, isAnonymous: true } },
      shape: { id: 'string' },
      signal,
    });
    return body.id;
  }

  /**
   * The ARM id of a registered environment.
   * @param version or `@latest` for the newest
   * @throws TaskFailure that lists what there is, where it is not there
   */
  async find(name: string, version: string, signal: AbortSignal): Promise<string> {
    const found = version === '@latest' ? undefined : await this.version(name, version, { isThere: true, signal });
    if (found) return found;
    const versions = ({ environmentVersions }: MachineLearningSdk) => environmentVersions;
    const newest = await this.workspace.newestVersions(versions, name, 5, { isThere: true, signal });
    if (version === '@latest' && newest[0]?.id) return newest[0].id;
    if (newest.length > 0) {
      throw new TaskFailure(
        `The environment "${name}" has no version "${version}" in the workspace ${this.workspace.name}.`,
        `Its newest versions are ${newest.map((each) => each.name).join(', ')}.`,
      );
    }
    const names = await this.names(signal);
    throw new TaskFailure(
      `There is no environment "${name}" in the workspace ${this.workspace.name}.`,
      names.length > 0
        ? `Environments there: ${names.join(', ')}. A curated one is written azureml://registries/azureml/environments/<name>/labels/latest.`
        : 'None is registered there. A curated one is written azureml://registries/azureml/environments/<name>/labels/latest.',
    );
  }

  /** @returns ARM id */
  private async version(name: string, version: string, asking: Asking): Promise<string | undefined> {
    const found = await this.workspace.find(
      ({ environmentVersions }, place, options) => environmentVersions.get(...place, name, version, options),
      { ...asking, shape: { id: 'string' } },
    );
    return found?.id;
  }

  private names(signal: AbortSignal): Promise<string[]> {
    return this.workspace.ask(
      async ({ environmentContainers }, place, options) => {
        // One more, as the anonymous ones are no help.
        const found = await firstOf(environmentContainers.list(...place, options), 16);
        return found.flatMap(({ name }) => (name && name !== anonymousName ? [name] : [])).slice(0, 15);
      },
      { shape: 'object', signal },
    );
  }
}
