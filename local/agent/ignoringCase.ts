/** What stands under a name that is the same in any case, as those of variables, inputs and functions are. */
export function findIgnoringCase<T>(holder: Readonly<Record<string, T>>, name: string): T | undefined {
  const key = Object.keys(holder).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : holder[key];
}
