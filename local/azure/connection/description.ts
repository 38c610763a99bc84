import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a client must know of a running local Azure, as `<stateDir>/azure.json` holds it. Its secrets are in credentials.json beside it. */
export interface Description {
  pid: number;
  /** As the system tells it; with the pid it identifies the process. */
  startTime?: string;
  stateDir: string;
  url: string;
  port: number;
  /** e.g. https://quickstartsst.blob.core.localhost:10444 */
  blobUrl: string;
  /** Without the secret that its path must begin with. */
  metadataUrl: string;
  caFile: string;
  hostsFile: string;
}

export const descriptionFile = (stateDir: string): string => join(stateDir, 'azure.json');

/** The local Azure that was last started on a state directory by local/azure/main.ts; undefined if there was none. */
export function readDescription(stateDir: string): Description | undefined {
  try {
    return JSON.parse(readFileSync(descriptionFile(stateDir), 'utf8')) as Description;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
