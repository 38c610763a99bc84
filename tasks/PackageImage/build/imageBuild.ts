import { isAzureFailure } from '../../common/azure/http/azureFailure';
import type { RegistryContents } from '../../common/azure/registry/containerRegistryContents';
import { TaskFailure } from '../../common/taskFailure';
import type { TaskContext } from '../../common/task/taskContext';
import { textFile } from '../context/buildContext';
import type { BuildRecords } from './buildRecords';
import { environmentTag } from '../plan/contentTag';
import type { BuildOrder, BuiltImage, ImageBuilder } from './imageBuilder';
import { contextOf, dockerfileName, type EnvironmentPlan } from '../plan/imagePlan';
import type { ImageOrder } from './imageOrder';
import type { PackageInputs } from '../inputs';

type PushedImage = BuiltImage & { readonly digest: string };

/** Builds what an image needs, in one repository: its environment if that is not there yet, then the image itself. */
export class ImageBuild {
  constructor(
    private readonly builder: ImageBuilder,
    private readonly contents: Pick<RegistryContents, 'digest'>,
    /** Registry and repository, as in references. */
    private readonly place: string,
    private readonly repository: string,
    private readonly records: BuildRecords,
    private readonly context: TaskContext,
  ) {}

  /** @returns the environment's image by digest */
  async environment(plan: EnvironmentPlan, rebuild: PackageInputs['rebuild']): Promise<string> {
    const { contents, repository, records, context } = this;
    const tag = await environmentTag(plan, context.signal);
    records.keep('environment.Dockerfile', plan.dockerfile);
    const known = rebuild === 'always' ? undefined : await findBuilt(contents, repository, tag, context);
    if (known) context.log.info(`The environment already exists: ${known}`);
    if (known) return `${this.place}@${known}`;
    const { digest } = await this.run(`the environment of ${repository}`, {
      context: [textFile(dockerfileName, plan.dockerfile), ...plan.files],
      dockerfile: dockerfileName,
      repository,
      tags: [tag],
      content: tag,
      arguments: plan.arguments,
    });
    return `${this.place}@${digest}`;
  }

  async scoring(
    { plan, modelFiles, tags, content }: ImageOrder,
    environment: string | undefined,
    labels: string,
  ): Promise<PushedImage> {
    const dockerfile = plan.dockerfile(environment ?? '').replace(/\n*$/, '\n') + labels;
    this.records.keep('Dockerfile', dockerfile);
    return this.run(this.repository, {
      context: contextOf(plan, dockerfile, modelFiles),
      dockerfile: plan.dockerfilePath,
      repository: this.repository,
      tags,
      content,
      arguments: plan.arguments,
      serverTest: plan.serverTest,
    });
  }

  private async run(title: string, order: BuildOrder): Promise<PushedImage> {
    const { log, signal } = this.context;
    log.group(`Building ${title}`);
    let built: BuiltImage;
    try {
      built = await this.builder.build(order, (lines) => this.records.log(lines), signal);
    } finally {
      log.endGroup();
    }
    const digest = built.digest ?? (await this.contents.digest(this.repository, order.content, signal));
    if (digest) return { digest, isFollowed: built.isFollowed };
    throw new TaskFailure(
      `The build succeeded, but ${this.place} has no image with the tag ${order.content}.`,
      'Look at the log of the build above.',
    );
  }
}

/**
 * The digest of the image with that tag. One that cannot be looked for counts as not there: building it again is slower,
 * and right.
 */
export async function findBuilt(
  contents: Pick<RegistryContents, 'digest'>,
  repository: string,
  tag: string,
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
): Promise<string | undefined> {
  try {
    return await contents.digest(repository, tag, signal);
  } catch (error) {
    if (!isAzureFailure(error)) throw error;
    log.info(`Whether the registry has ${repository}:${tag} cannot be found out: ${error.message}`);
    return undefined;
  }
}
