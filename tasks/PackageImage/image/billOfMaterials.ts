import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { isAzureFailure } from '../../common/azure/http/azureFailure';
import type { RegistryContents } from '../../common/azure/registry/containerRegistryContents';
import type { TaskLog } from '../../common/log';
import { appRoot, billOfMaterialsFile } from '../plan/dockerfile';
import { messageOf } from '../../common/messageOf';

/** The last layer holds one small file: a bigger one is not ours, and is not read. */
const mostBytes = 32 * 1024 * 1024;

/**
 * Reads the bill of materials back from the image's last layer. The build's log would be no place for it: layers come
 * from caches without a word, and any package's installer can print.
 * @returns CycloneDX JSON; undefined, with a warning, where it cannot be read
 */
export async function readBillOfMaterials(
  contents: Pick<RegistryContents, 'manifest' | 'blob'>,
  repository: string,
  digest: string,
  log: TaskLog,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const layer = (await contents.manifest(repository, digest, signal)).layers?.at(-1);
    if (!layer || layer.size > mostBytes) throw new Error('the image has no such layer');
    const bytes = await contents.blob(repository, layer.digest, signal);
    const text = await fileInTar(bytes[0] === 0x1f ? gunzipSync(bytes, { maxOutputLength: mostBytes }) : bytes);
    if (text === undefined) throw new Error(`its last layer does not contain ${billOfMaterialsFile}`);
    JSON.parse(text);
    return text;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const reason = isAzureFailure(error) ? error.message : messageOf(error);
    log.warning(`The bill of materials could not be read from the image: ${reason}`);
    return undefined;
  }
}

async function fileInTar(bytes: Buffer): Promise<string | undefined> {
  const { extract: createExtract } = await import('tar-stream');
  const extract = createExtract();
  Readable.from([bytes]).pipe(extract);
  let found: string | undefined;
  for await (const entry of extract) {
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    const name = entry.header.name.replace(/^\.?\//, '');
    if (name === `${appRoot.slice(1)}/${billOfMaterialsFile}`) found = Buffer.concat(parts).toString('utf8');
  }
  return found;
}
