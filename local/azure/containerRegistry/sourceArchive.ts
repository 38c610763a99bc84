import { mkdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { request, type Agent } from 'undici';
import type { LocalAzureContext } from '../context';
import { unpackArchive } from '../engine/embedded/unpackedLayer';
import { messageOf } from '../../messageOf';

/** Blob container of a registry's tasks: sources that were uploaded, and logs. */
export const tasksContainer = (registry: string): string => `acr-${registry.toLowerCase()}`;

/** The source of a build could not be had; the message says why. */
export class SourceError extends Error {}

/**
 * Downloads a build's source, a tar archive that may be compressed with gzip, and unpacks it into the new folder `directory`.
 * A relative location is one that listBuildSourceUploadUrl gave; a URL must be on this machine. Throws a SourceError.
 */
export async function unpackSource(
  context: LocalAzureContext,
  agent: Agent,
  registry: string,
  location: string,
  directory: string,
): Promise<void> {
  try {
    const { start, whole } = await withStart(await download(context, agent, registry, location));
    await mkdir(directory, { recursive: true });
    await unpackArchive(whole, start[0] === 0x1f && start[1] === 0x8b, directory);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(`failed to unpack the source ${withoutQuery(location)}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A stream's first bytes, and a stream of all of them. */
async function withStart(stream: Readable): Promise<{ start: Buffer; whole: Readable }> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await chunks.next();
  const start = first.done ? Buffer.alloc(0) : first.value;
  const whole = Readable.from(
    (async function* () {
      yield start;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
    })(),
    { objectMode: false },
  );
  return { start, whole };
}

async function download(
  context: LocalAzureContext,
  agent: Agent,
  registry: string,
  location: string,
): Promise<Readable> {
  const refuse = (reason: string): SourceError =>
    new SourceError(`failed to download the source ${withoutQuery(location)}: ${reason}`);
  if (!/^[a-z]+:\/\//i.test(location)) {
    const blob = context.blobs.container(tasksContainer(registry)).getBlobClient(location);
    try {
      const answer = await blob.download();
      return answer.readableStreamBody as Readable;
    } catch (error) {
      throw refuse(`status ${String((error as { statusCode?: number }).statusCode ?? messageOf(error))}`);
    }
  }
  const url = new URL(location);
  if (/\.git($|#)/.test(location)) throw refuse('local Azure builds from archives, not from git repositories');
  if (!/^(127\.0\.0\.1|localhost|.*\.localhost)$/.test(url.hostname))
    throw refuse('local Azure calls no other machine');
  const answer = await request(url, { dispatcher: agent });
  if (answer.statusCode === 200) return answer.body;
  await answer.body.dump();
  throw refuse(`status ${answer.statusCode}`);
}

/** Its query may hold a signature. */
const withoutQuery = (location: string): string => location.split('?')[0] as string;

/** Where the blob of an upload lies: parallel uploads with one correlation id overwrite each other, as ACR's do. */
export const sourcePath = (correlationId: string, now: Date): string =>
  `tasks-source/${now.toISOString().slice(0, 10).replace(/-/g, '')}0000/${correlationId}.tar.gz`;
