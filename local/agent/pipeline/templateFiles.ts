import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { PipelineError } from './faults';
import { limits } from './limits';
import { parseYaml, type Place, type YamlNode } from './yamlNode';

/** How deep templates may include each other (Azure Pipelines allows as many). */
const maxDepth = 100;

/** Finds and reads the templates of one pipeline, all of them files of its repository. */
export class TemplateFiles {
  readonly #root: string;
  readonly #open: string[] = [];
  /** By the names that messages have for them. */
  readonly #paths = new Map<string, string>();

  constructor(
    readonly pipelineFile: string,
    readonly repositoryRoot: () => string,
  ) {
    this.#root = path.dirname(path.resolve(pipelineFile));
  }

  pipeline(): YamlNode {
    return this.#read(path.resolve(this.pipelineFile));
  }

  /** Reads the template that is named at a place, and keeps it open while its content is worked out. */
  use<T>(reference: string, place: Place, work: (root: YamlNode, name: string) => T): T {
    const file = this.#find(reference, place);
    if (this.#open.length >= maxDepth || this.#open.includes(file)) {
      const names = [...this.#open, file].map((open) => this.#nameOf(open));
      throw new PipelineError(place, '', `templates include each other without end: ${names.slice(-4).join(' -> ')}.`);
    }
    this.#open.push(file);
    try {
      return work(this.#read(file), this.#nameOf(file));
    } finally {
      this.#open.pop();
    }
  }

  #find(reference: string, place: Place): string {
    const [, name, repository] = /^(.*?)(?:@([^@/]+))?$/.exec(reference.trim()) as unknown as [string, string, string?];
    if (repository !== undefined && repository !== 'self') {
      throw new PipelineError(place, '', `template '${reference}': ${limits.templateRepository.text}`);
    }
    if (name === '') throw new PipelineError(place, '', 'a template needs the path of a file.');
    const beside = path.dirname(this.#paths.get(place.file) ?? path.join(this.#root, place.file));
    const root = (): string => this.repositoryRoot();
    const folders = repository === 'self' ? [root(), beside] : name.startsWith('/') ? [root()] : [beside];
    const files = folders.map((folder) => path.join(folder, name));
    const found = files.find((file) => existsSync(file) && statSync(file).isFile());
    if (!found)
      throw new PipelineError(place, '', `the template '${reference}' was not found: there is no ${files[0]}.`);
    return found;
  }

  #read(file: string): YamlNode {
    const name = this.#nameOf(file);
    this.#paths.set(name, file);
    return parseYaml(readFileSync(file, 'utf8'), name);
  }

  #nameOf(file: string): string {
    return path.relative(this.#root, file).split(path.sep).join('/');
  }
}
