import type { TaskLog } from '../../log';

/** 1536 → "1.5 KiB". */
export function byteText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** Says how far a transfer is: at every tenth part of it, once. */
export function progressOf(log: TaskLog, what: string, totalBytes: number): (bytes: number) => void {
  let said = 0;
  return (bytes) => {
    const tenth = totalBytes === 0 ? 10 : Math.floor((bytes / totalBytes) * 10);
    if (tenth <= said) return;
    said = tenth;
    log.progress(tenth * 10, what);
    if (tenth < 10 && totalBytes > 64 * 1024 * 1024) {
      log.info(`${what}: ${byteText(bytes)} of ${byteText(totalBytes)} (${tenth * 10} %)`);
    }
  };
}
