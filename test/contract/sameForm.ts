/** Fields whose values decide what a client does: they must be among the recorded ones, not only of their form. */
const exactFields =
  /^(type|osType|resourceType|gpu|ipAddressType|provisioningState|status|state|code|credentialsType|secretsType|datastoreType|credentialType|jobType|jobOutputType|jobInputType|jobServiceType|protocol|unit|computeType|detailStatus|protocol)$/;

/** Free text, keys of which are the user's: form is all that counts. */
const forms: Array<[string, RegExp]> = [
  ['a time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/],
  ['a resource id', /^\/subscriptions\//i],
  ['an azureml URI', /^azureml:\/\//],
  ['a URL', /^https:\/\//],
];

/**
 * What of a recorded answer another one lacks, as one line each: `path: what is wrong`. One way: a field more is no fault,
 * and what was recorded as null may be anything.
 */
export function lacks(recorded: unknown, answered: unknown, path = ''): string[] {
  if (recorded === null || recorded === undefined) return [];
  if (answered === undefined) return [`${path}: missing`];
  if (answered === null) return [`${path}: null`];
  if (Array.isArray(recorded)) {
    if (!Array.isArray(answered)) return [`${path}: no list`];
    const [first] = recorded as unknown[];
    if (first === undefined) return [];
    if (answered.length === 0) return [`${path}: empty`];
    // Some element of the answer must be like the first recorded one.
    const differences = answered.map((each) => lacks(first, each, `${path}[]`));
    return differences.sort((one, other) => one.length - other.length)[0]!;
  }
  if (typeof recorded === 'object') {
    if (typeof answered !== 'object') return [`${path}: no object`];
    return Object.entries(recorded).flatMap(([key, value]) =>
      lacks(value, (answered as Record<string, unknown>)[key], path ? `${path}.${key}` : key),
    );
  }
  if (typeof recorded !== typeof answered) return [`${path}: ${typeof answered}, not ${typeof recorded}`];
  if (typeof recorded !== 'string') return [];
  const field = /[^.[\]]+(?=(\[\])*$)/.exec(path)?.[0] ?? '';
  if (exactFields.test(field))
    return recorded === answered ? [] : [`${path}: "${String(answered)}", not "${recorded}"`];
  const form = forms.find(([, pattern]) => pattern.test(recorded));
  if (form && !form[1].test(String(answered))) return [`${path}: not ${form[0]}: "${String(answered)}"`];
  if (form?.[0] !== 'a resource id') return [];
  const types = (id: string) => id.toLowerCase().split('/').filter((_, index) => index % 2 === 1 && index > 4).join('/'); // prettier-ignore
  return types(recorded) === types(String(answered)) ? [] : [`${path}: an id of another type: "${String(answered)}"`];
}
