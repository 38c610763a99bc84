/** Seconds of a duration as Azure ML writes it, such as PT3M20S; undefined where it is not one. */
export function secondsOf(duration: string | null | undefined): number | undefined {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(duration ?? '');
  if (!parts || !/\d/.test(parts[0])) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
