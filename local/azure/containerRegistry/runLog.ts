import type { AppendBlobClient, ContainerClient } from '@azure/storage-blob';

/** How long text is gathered before it is written, in milliseconds: an append blob takes 50,000 writes. */
const interval = 250;

/**
 * The log of a run, an append blob as the real one: there from the start of the run on, and complete when its metadata has
 * `Complete` with how the run ended. Secret values are masked before they reach it.
 */
export class RunLog {
  private readonly blob: AppendBlobClient;
  private pending = '';
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private failure: unknown;

  constructor(
    container: ContainerClient,
    name: string,
    private readonly secrets: string[],
  ) {
    this.blob = container.getAppendBlobClient(name);
  }

  async begin(): Promise<void> {
    await this.blob.create({ blobHTTPHeaders: { blobContentType: 'text/plain; charset=utf-8' } });
  }

  /** Text as it is, with its line breaks. */
  write(text: string): void {
    this.pending += text;
    this.timer ??= setTimeout(() => this.flush(), interval);
  }

  /** A line of ACR itself, with its time in front. */
  say(line: string): void {
    const time = new Date().toISOString().slice(0, 19).replace(/-/g, '/').replace('T', ' ');
    this.write(`${time} ${line}\n`);
  }

  async complete(result: string): Promise<void> {
    this.flush();
    await this.writing;
    if (this.failure) throw this.failure as Error;
    await this.blob.setMetadata({ Complete: result });
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const text = this.mask(this.pending);
    this.pending = '';
    // An append takes 4 MiB at most; this stays below even with four bytes a character.
    for (let at = 0; at < text.length; at += 1 << 20) {
      const part = text.slice(at, at + (1 << 20));
      this.writing = this.writing
        .then(async () => void (await this.blob.appendBlock(part, Buffer.byteLength(part))))
        .catch((error: unknown) => void (this.failure ??= error));
    }
  }

  private mask(text: string): string {
    return this.secrets.reduce((masked, secret) => (secret ? masked.replaceAll(secret, '***') : masked), text);
  }
}
