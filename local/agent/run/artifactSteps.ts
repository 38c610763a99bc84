import { existsSync } from 'node:fs';
import type { StepContext } from '../stepContext';
import type { ArtifactStore } from './artifactStore';

export interface Publication {
  artifact: string;
  /** A folder or a file, absolute. */
  source: string;
  /** Whether several steps may add to it, as to a build artifact; the name of a pipeline artifact must be free. */
  shared: boolean;
}

/** Publishes an artifact, and says of what it consists. */
export function publishArtifact(context: StepContext, artifacts: ArtifactStore, publication: Publication): void {
  const { artifact, source, shared } = publication;
  if (!existsSync(source)) throw new Error(`The path to publish does not exist: ${source}`);
  if (shared) artifacts.add(artifact, artifact, source);
  else artifacts.publish(artifact, source);
  context.write(`Published ${source} as the artifact ${artifact}:`);
  for (const file of artifacts.files(artifact)) context.write(`  ${file}`);
}

export interface ArtifactDownload {
  /** Without a name: all of them. */
  artifact?: string;
  /** The folder that an artifact's files go to, absolute. */
  targetOf: (artifact: string) => string;
  patterns: string[];
}

export function downloadArtifacts(context: StepContext, artifacts: ArtifactStore, download: ArtifactDownload): void {
  const { artifact, targetOf, patterns } = download;
  const wanted = artifact === undefined ? artifacts.names : [artifact];
  for (const name of wanted) {
    const target = targetOf(name);
    const count = artifacts.download(name, target, patterns);
    context.write(`Downloaded ${count} files of the artifact ${name} to ${target}`);
  }
  if (wanted.length === 0) context.write('This run has published no artifacts.');
}
