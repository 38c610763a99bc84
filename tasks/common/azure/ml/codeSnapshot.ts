import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import ignore from 'ignore';
import type { TaskLog } from '../../log';
import { Secret } from '../../secret';
import { TaskFailure } from '../../taskFailure';
import type { BlobTransfer } from '../storage/blobTransfer';
import { readInTurns } from '../storage/fileReading';
import { byteText, progressOf } from '../storage/transferProgress';
import type { Workspace } from './workspace';

/** A file that belongs to a snapshot. */
export interface SnapshotFile {
  /** Relative to the directory, with slashes. */
  readonly path: string;
  /** Absolute; where a symbolic link leads. */
  readonly file: string;
  readonly size: number;
}

export interface UploadedSnapshot {
  /** ARM id of the code version. */
  readonly id: string;
  readonly sha256: string;
  /** False where the workspace had it already. */
  readonly uploaded: boolean;
}

const hashVersion = '202208';
const warnAbove = 100 * 1024 * 1024;

/**
 * Brings a directory into the workspace as a code version, unless one of the same content is there.
 * Source of the protocol: azure-rest-api-specs, codeVersions startPendingUpload, and what azure-ai-ml sends.
 */
export async function uploadSnapshot(
  workspace: Workspace,
  transfer: BlobTransfer,
  directory: string,
  { log, signal }: { log: TaskLog; signal: AbortSignal },
): Promise<UploadedSnapshot> {
  const files = await listSnapshot(directory);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const sha256 = await hashSnapshot(files, signal);
  const asText = `${files.length} file${files.length === 1 ? '' : 's'}, ${byteText(size)}`;
  // A name that follows from the content: whoever uploads the same at the same time writes the same.
  const name = [8, 12, 16, 20, 32].map((end, index) => sha256.slice([0, 8, 12, 16, 20][index], end)).join('-');
  const known = await findByHash(workspace, name, sha256, signal);
  if (known) {
    log.info(`Code snapshot of ${directory} (${asText}) is unchanged: the workspace already has it.`);
    return { id: known, sha256, uploaded: false };
  }
  if (size > warnAbove) {
    log.warning(
      `The code snapshot of ${directory} has ${asText}; the largest files: ${largest(files)}. ` +
        'List what the job does not need in a .amlignore file there, and give it data as inputs.',
    );
  }
  log.info(`Uploading the code snapshot of ${directory}: ${asText}`);
  const pending = await workspace.request<{
    blobReferenceForConsumption?: { blobUri: string; credential: { sasUri: string } };
  }>({
    method: 'POST',
    url: `codes/${name}/versions/1/startPendingUpload`,
    body: { pendingUploadType: 'TemporaryBlobReference' },
    // It only gives a place to upload to.
    repeatable: true,
    shape: 'object',
    signal,
  });
  const reference = pending.body.blobReferenceForConsumption;
  if (!reference?.credential?.sasUri) throw new TaskFailure('Azure ML gave no place to upload the code snapshot to.');
  const containerSas = new Secret(reference.credential.sasUri);
  // In the code's URI the name stands as it is: one that needs no escaping is understood by everyone.
  const folder = path.basename(directory).replace(/[^A-Za-z0-9._-]/g, '_') || 'code';
  const uploads = files.map((file) => ({ ...file, blob: `${folder}/${file.path}` }));
  await transfer.uploadAll(containerSas, uploads, progressOf(log, 'Uploading code', size), signal);
  // The sign by which azure-ai-ml knows an upload that came to its end.
  const completed = { upload_status: 'completed', name, version: '1' };
  await transfer.setMetadata(containerSas, uploads[0]!.blob, completed, signal);
  const { body } = await workspace.request<{ id: string }>({
    method: 'PUT',
    shape: { id: 'string' },
    url: `codes/${name}/versions/1`,
    body: {
      properties: {
        codeUri: `${reference.blobUri.replace(/\/+$/, '')}/${folder}`,
        isAnonymous: true,
        properties: { hash_sha256: sha256, hash_version: hashVersion },
      },
    },
    signal,
  });
  return { id: body.id, sha256, uploaded: true };
}

async function findByHash(
  workspace: Workspace,
  name: string,
  hash: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { status, body } = await workspace.request<{ value?: Array<{ id: string }> }>({
    url: `codes/${name}/versions`,
    query: { hash, hashVersion },
    accept: [404],
    shape: 'object',
    signal,
  });
  return status === 404 ? undefined : body.value?.[0]?.id;
}

/**
 * The files that belong to a snapshot: all but those that the root's .amlignore, or where there is none its .gitignore,
 * leaves out, and each .git. Symbolic links are followed; one that leads back into its own path is not.
 * azure-ai-ml takes .git along, so that its hash of a folder with one is another.
 * @throws TaskFailure if none is left, or a link leads nowhere
 */
export async function listSnapshot(directory: string): Promise<SnapshotFile[]> {
  const isIgnored = readIgnoreFile(directory);
  const found: SnapshotFile[] = [];
  await walk(directory, '', [await fs.promises.realpath(directory)]);
  if (found.length === 0) {
    throw new TaskFailure(
      `The directory ${directory} has no file for the code snapshot.`,
      'Check the path, and what its .amlignore or .gitignore leaves out.',
    );
  }
  return inSnapshotOrder(found);

  async function walk(folder: string, prefix: string, ancestors: readonly string[]): Promise<void> {
    for (const entry of await fs.promises.readdir(folder, { withFileTypes: true })) {
      // Of each repository: its configuration may hold the token of the pipeline.
      if (entry.name === '.git') continue;
      const relative = prefix + entry.name;
      const full = path.join(folder, entry.name);
      const file = entry.isSymbolicLink() ? await followLink(full, relative, isIgnored) : full;
      if (file === undefined) continue;
      const stat = entry.isSymbolicLink() || entry.isFile() ? await fs.promises.stat(file) : undefined;
      if (entry.isDirectory() || stat?.isDirectory()) {
        const real = await fs.promises.realpath(full);
        if (!ancestors.includes(real)) await walk(full, `${relative}/`, [...ancestors, real]);
      } else if (stat?.isFile() && !isIgnored(relative)) {
        found.push({ path: relative, file, size: stat.size });
      }
    }
  }
}

async function followLink(
  link: string,
  relative: string,
  isIgnored: (path: string) => boolean,
): Promise<string | undefined> {
  try {
    return await fs.promises.realpath(link);
  } catch (error) {
    if (isIgnored(relative)) return undefined;
    throw new TaskFailure(
      `The symbolic link ${link} leads nowhere.`,
      'Remove it, or list it in a .amlignore file in the root of the code directory.',
      { cause: error },
    );
  }
}

/** By lower case of the path, as code points: the order in which azure-ai-ml hashes. */
function inSnapshotOrder(files: SnapshotFile[]): SnapshotFile[] {
  const keyed = files.map((file) => ({ file, key: Buffer.from(file.path.toLowerCase()) }));
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ file }) => file);
}

/**
 * SHA-256, in hex, of a snapshot as azure-ai-ml computes it (hash version 202208): the number of files; each path and
 * size; each content. `files` are in the order of `listSnapshot`. Source: azure-ai-ml, _asset_utils.py.
 */
export async function hashSnapshot(files: readonly SnapshotFile[], signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256').update(String(files.length));
  for (const file of files) hash.update(`#${file.path}#`).update(String(file.size));
  for (const { file, size } of files) {
    signal?.throwIfAborted();
    if (size <= 256 * 1024) {
      hash.update(await fs.promises.readFile(file));
    } else {
      for await (const piece of readInTurns(file)) {
        signal?.throwIfAborted();
        hash.update(piece);
      }
    }
  }
  return hash.digest('hex');
}

/**
 * Each line stands for itself and the last that matches a file decides, so that a file can be taken back from a folder
 * that an earlier line leaves out. git itself would not; azure-ai-ml does, and the hash must agree with its own.
 */
function readIgnoreFile(directory: string): (path: string) => boolean {
  const file = ['.amlignore', '.gitignore']
    .map((name) => path.join(directory, name))
    .find((candidate) => fs.existsSync(candidate));
  if (!file) return () => false;
  const rules = fs
    .readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({
      leavesOut: !line.startsWith('!'),
      matcher: ignore({ ignorecase: false, allowRelativePaths: true }).add(line.replace(/^!/, '')),
    }));
  return (relative) => rules.findLast(({ matcher }) => matcher.ignores(relative))?.leavesOut ?? false;
}

function largest(files: readonly SnapshotFile[]): string {
  const sorted = [...files].sort((a, b) => b.size - a.size).slice(0, 3);
  return sorted.map(({ path: name, size }) => `${name} (${byteText(size)})`).join(', ');
}
