/**
 * What an object holds under a name from outside. Every object of JavaScript has more names than it was given: to look up
 * `constructor` or `toString` by brackets finds a function where nothing was given.
 */
export function ownValue<Value>(
  object: Readonly<Record<string, Value>> | null | undefined,
  name: string,
): Value | undefined {
  return object && Object.hasOwn(object, name) ? object[name] : undefined;
}
