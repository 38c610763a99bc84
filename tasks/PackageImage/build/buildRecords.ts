import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ImageSection } from '../../common/record/record';
import type { Secrets } from '../../common/secrets';
import { selfTestOutcome, type SelfTestOutcome } from './selfTestOutcome';
import type { TaskContext } from '../../common/task/taskContext';

/** What is kept of a build as an artifact: its Dockerfiles, its log and its bill of materials. */
export class BuildRecords {
  private readonly directory: string;
  private readonly artifact: string;
  /** How the image's self-test ended, where the log says it. */
  selfTest: SelfTestOutcome | undefined;
  sbom: ImageSection['sbom'];

  constructor(
    temp: string,
    repository: string,
    private readonly secrets: Pick<Secrets, 'hide'>,
    private readonly context: Pick<TaskContext, 'log' | 'publish'>,
  ) {
    this.directory = fs.mkdtempSync(path.join(temp, 'package-image-'));
    this.artifact = `image-${repository.replace(/[^\w.-]+/g, '-')}`;
  }

  keep(name: 'Dockerfile' | 'environment.Dockerfile', text: string): void {
    fs.writeFileSync(this.file(name), text);
  }

  /** Shows whole lines of the build's log, and keeps them; the agent would mask only what it shows. */
  log(lines: string): void {
    const shown = this.secrets.hide(lines);
    this.selfTest = selfTestOutcome(shown) ?? this.selfTest;
    fs.appendFileSync(this.file('build.log'), shown);
    this.context.log.info(shown.replace(/\n$/, ''));
  }

  /** Uploads what there is so far; after a failed build the log is what one wants to see. */
  publish(): void {
    const files = ['environment.Dockerfile', 'Dockerfile', 'build.log']
      .map((name) => this.file(name))
      .filter((file) => fs.existsSync(file));
    this.context.publish.artifact(this.artifact, ...files);
  }

  /** @param text CycloneDX JSON; undefined where it could not be read */
  billOfMaterials(text: string | undefined): void {
    if (text === undefined) return;
    const { components = [] } = JSON.parse(text) as { components?: unknown[] };
    const file = this.file('sbom.cdx.json');
    this.sbom = {
      format: 'CycloneDX',
      file: `${this.artifact}/${path.basename(file)}`,
      sha256: createHash('sha256').update(text).digest('hex'),
      components: components.length,
    };
    fs.writeFileSync(file, text);
    this.context.publish.artifact(this.artifact, file);
    this.context.publish.imageContents(file);
  }

  private file(name: string): string {
    return path.join(this.directory, name);
  }
}
