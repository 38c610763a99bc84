/** A time as people read it; others may have written it with any offset. What is not a time is shown as it is. */
export function utcMinute(iso: string): string {
  const time = /T\d\d:\d\d/.test(iso) ? Date.parse(iso) : NaN;
  return Number.isNaN(time) ? iso : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
