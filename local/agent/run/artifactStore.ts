import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { minimatch } from 'minimatch';
import type { ArtifactRecord } from './runRecord';

/** The artifacts of a run, each a folder of its name. */
export class ArtifactStore {
  constructor(readonly folder: string) {}

  /** Publishes a pipeline artifact: what is in the folder, or the one file. Its name must be free. */
  publish(name: string, source: string): void {
    if (!/^[^/\\:*?"<>|\0]+$/.test(name) || /^\.+$/.test(name))
      throw new Error(`'${name}' is not a name for an artifact.`);
    if (existsSync(path.join(this.folder, name))) throw new Error(`Artifact ${name} already exists in this run.`);
    this.add(name, '', source);
  }

  /**
   * Adds to a build artifact; several uploads may share one. The container folder stands for the artifact, so that only
   * what goes deeper is a folder in it.
   */
  add(name: string, containerFolder: string, source: string): void {
    if (!existsSync(source)) throw new Error(`The path to publish does not exist: ${source}`);
    const deeper = containerFolder.startsWith(`${name}/`) ? containerFolder.slice(name.length + 1) : '';
    const target = path.join(this.folder, name, deeper);
    mkdirSync(target, { recursive: true });
    const destination = statSync(source).isDirectory() ? target : path.join(target, path.basename(source));
    cpSync(source, destination, { recursive: true });
  }

  get names(): string[] {
    return existsSync(this.folder) ? readdirSync(this.folder).sort() : [];
  }

  /** Copies an artifact's files that fit a pattern (all, without patterns) into a folder; gives how many. */
  download(name: string, target: string, patterns: string[] = []): number {
    if (!this.names.includes(name)) {
      const present = this.names.join(', ') || 'none';
      throw new Error(`Artifact ${name} was not found in this run. It has: ${present}.`);
    }
    const fits = (file: string): boolean =>
      patterns.some((pattern) => minimatch(file, pattern, { dot: true, nobrace: true, nocase: true }));
    // As DownloadPipelineArtifact matches: against the path with the artifact's name before it, or without.
    const wanted = this.files(name).filter((file) => patterns.length === 0 || fits(file) || fits(`${name}/${file}`));
    mkdirSync(target, { recursive: true });
    for (const file of wanted) {
      mkdirSync(path.dirname(path.join(target, file)), { recursive: true });
      cpSync(path.join(this.folder, name, file), path.join(target, file));
    }
    return wanted.length;
  }

  /** Paths relative to the artifact, with slashes. */
  files(name: string): string[] {
    const folder = path.join(this.folder, name);
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(path.join(folder, file)).isFile())
      .map((file) => file.split(path.sep).join('/'))
      .sort();
  }

  list(): ArtifactRecord[] {
    return this.names.map((name) => ({
      name,
      files: this.files(name).map((file) => ({ path: file, bytes: statSync(path.join(this.folder, name, file)).size })),
    }));
  }
}
