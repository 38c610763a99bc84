/**
 * Uploads a folder as a snapshot, in a process of its own: `uploadPeak <folder> <container URL>`. Prints what it took of
 * memory beyond the program itself, in megabytes, and the SHA-256.
 */
import { BlobTransfer } from '../../../tasks/common/azure/storage/blobTransfer';
import { uploadSnapshot } from '../../../tasks/common/azure/ml/codeSnapshot';
import { createSender } from '../../../tasks/common/azure/http/pipeline';
import type { AzureSession } from '../../../tasks/common/azure/http/session';
import type { Workspace } from '../../../tasks/common/azure/ml/workspace';

async function main(folder: string, container: string): Promise<void> {
  // Loaded first, so that it counts as the program.
  await import('@azure/core-rest-pipeline');
  const session = { sender: () => createSender({}) } as unknown as AzureSession;
  const answers: Record<string, unknown> = {
    GET: { value: [] },
    POST: { blobReferenceForConsumption: { blobUri: container, credential: { sasUri: `${container}?sig=x` } } },
    PUT: { id: 'id' },
  };
  const workspace = {
    request: ({ method = 'GET' }) => Promise.resolve({ status: 200, headers: {}, body: answers[method] }),
  } as unknown as Workspace;
  const quiet = () => undefined;
  const log = {
    info: quiet,
    debug: quiet,
    warning: quiet,
    error: quiet,
    group: quiet,
    endGroup: quiet,
    progress: quiet,
    taken: () => Promise.resolve(),
  };
  const megabytes = () => process.resourceUsage().maxRSS / 1024;
  const before = megabytes();
  const { sha256 } = await uploadSnapshot(workspace, new BlobTransfer(session), folder, {
    log,
    signal: new AbortController().signal,
  });
  console.log(JSON.stringify({ megabytes: megabytes() - before, sha256 }));
}

void main(process.argv[2]!, process.argv[3]!);
