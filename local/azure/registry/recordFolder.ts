import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Records by their names, each in a file of its own, which are read once: a list of a thousand need not be a thousand reads. */
export class RecordFolder<T> {
  private known?: Map<string, T>;

  constructor(private readonly directory: string) {}

  get(name: string): T | undefined {
    return this.records().get(name);
  }

  /** In the order of their names. */
  list(): T[] {
    return [...this.records()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record);
  }

  put(name: string, record: T): void {
    const records = this.records();
    mkdirSync(this.directory, { recursive: true });
    writeFileSync(this.fileOf(name), JSON.stringify(record));
    records.set(name, record);
  }

  delete(name: string): boolean {
    rmSync(this.fileOf(name), { force: true });
    return this.records().delete(name);
  }

  clear(): void {
    rmSync(this.directory, { recursive: true, force: true });
    this.known = undefined;
  }

  private records(): Map<string, T> {
    if (this.known) return this.known;
    const files = existsSync(this.directory) ? readdirSync(this.directory) : [];
    const entries = files
      .filter((file) => file.endsWith('.json'))
      .map((file) => [file.slice(0, -'.json'.length), JSON.parse(readFileSync(join(this.directory, file), 'utf8')) as T] as const); // prettier-ignore
    return (this.known = new Map(entries));
  }

  private fileOf(name: string): string {
    return join(this.directory, `${name}.json`);
  }
}
