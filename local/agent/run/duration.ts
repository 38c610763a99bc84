/** A length of time for people: `0.4 s`, `12 s`, `3 min 5 s`, `1 h 2 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** How long a part of a run took, or has taken so far. */
export function timeTaken(part: { startTime?: string; finishTime?: string }): string {
  if (!part.startTime) return '';
  const end = part.finishTime ? Date.parse(part.finishTime) : Date.now();
  return duration(end - Date.parse(part.startTime));
}
