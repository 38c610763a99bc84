import { createHash } from 'node:crypto';
import { TaskFailure } from '../../taskFailure';
import { isAzureFailure } from '../http/azureFailure';
import type { Workspace } from './workspace';

/** What an environment is made of: an image, alone or with Conda packages on top, or a Docker build context. */
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

interface Version {
  id: string;
  name: string;
}

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
    const url = `environments/${anonymousName}/versions/${version}`;
    const found = await this.workspace.request<Version>({ url, accept: [404], shape: { id: 'string' }, signal });
    if (found.status === 200) return found.body.id;
    const { body } = await this.workspace.request<Version>({
      method: 'PUT',
      url,
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
    const url = `environments/${encodeURIComponent(name)}/versions`;
    if (version !== '@latest') {
      const answer = await this.workspace.request<Version>({
        url: `${url}/${encodeURIComponent(version)}`,
        accept: [404],
        isThere: true,
        shape: { id: 'string' },
        signal,
      });
      if (answer.status === 200) return answer.body.id;
    }
    const newest = await this.versions(url, signal);
    if (version === '@latest' && newest[0]) return newest[0].id;
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

  private async versions(url: string, signal: AbortSignal): Promise<Version[]> {
    try {
      const query = { $orderBy: 'createdtime desc', $top: '5' };
      return (await this.workspace.request<{ value: Version[] }>({ url, query, shape: { value: 'list' }, signal })).body
        .value;
    } catch (error) {
      if (isAzureFailure(error, 404)) return [];
      throw error;
    }
  }

  private async names(signal: AbortSignal): Promise<string[]> {
    const { body } = await this.workspace.request<{ value?: Version[] }>({
      url: 'environments',
      shape: 'object',
      signal,
    });
    return (body.value ?? [])
      .map(({ name }) => name)
      .filter((name) => name !== anonymousName)
      .slice(0, 15);
  }
}
