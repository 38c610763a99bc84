/** Where a local answer has not what the recorded one has, e.g. at `body.properties.containers[].properties.image`. */
export interface Difference {
  path: string;
  recorded: string;
  local: string;
}

export interface Comparison {
  /** How many values of the recording were looked for. */
  compared: number;
  differences: Difference[];
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
/** What a caller or a place chose: it has a form, but no value that is the same elsewhere. */
const chosen =
  /\.(name|description|displayName|friendlyName|experimentName|location|computeLocation|server|username|createdBy|createdByType|lastModifiedBy|content|key|vmSize|accountName|containerName|endpoint|serviceDataAccessAuthIdentity|loginServer|registry|repository|tag|runId|latestVersion|nextVersion|image|command|environmentId|roleAssignmentMode|target|dataContainerId|fqdn|info\.value|command\[\])$/;
/** Those among them that the service gives. */
const given = /(events\[\]|sku)\.name$|\.name\.value$/;
/** States that pass, and of which one was recorded: any in their style will do. */
const passing = /\.allocationState$/;
/** What the recordings' sanitiser left of a value. */
const sanitised = /^([xy]|[0-9a-f]{1,8}|removed)$/;

/**
 * One way: what was recorded must be there in the same form, and what is more is not a fault. A field that was recorded as null
 * may be absent, as a client sees no difference.
 */
export function compare(recorded: unknown, local: unknown, path: string): Comparison {
  if (recorded === null || recorded === undefined) return { compared: 0, differences: [] };
  if (Array.isArray(recorded)) return compareLists(recorded, local, path);
  if (typeof recorded === 'object') return compareObjects(recorded as Record<string, unknown>, local, path);
  const [wanted, found] = [formOf(recorded, path), formOf(local, path)];
  const isSame =
    wanted === found ||
    (sanitised.test(JSON.stringify(recorded).replace(/^"|"$/g, '')) && typeof local === typeof recorded);
  return { compared: 1, differences: isSame ? [] : [{ path, recorded: wanted, local: found }] };
}

function compareObjects(recorded: Record<string, unknown>, local: unknown, path: string): Comparison {
  if (typeof local !== 'object' || local === null || Array.isArray(local)) {
    return { compared: 1, differences: [{ path, recorded: 'an object', local: formOf(local, path) }] };
  }
  // What an id names is the caller's.
  if (/^\/subscriptions\//i.test(Object.keys(recorded)[0] ?? '')) {
    return compareLists(Object.values(recorded), Object.values(local), path);
  }
  const fields = Object.entries(recorded).map(([name, value]) =>
    compare(value, (local as Record<string, unknown>)[name], `${path}.${name}`),
  );
  return sum(fields);
}

/** Each recorded element must have one like it. */
function compareLists(recorded: unknown[], local: unknown, path: string): Comparison {
  if (!Array.isArray(local)) {
    return { compared: 1, differences: [{ path, recorded: 'a list', local: formOf(local, path) }] };
  }
  if (recorded.length > 0 && local.length === 0) {
    return { compared: 1, differences: [{ path, recorded: 'elements', local: 'none' }] };
  }
  const nearest = recorded.map((element) =>
    local
      .map((each: unknown) => compare(element, each, `${path}[]`))
      .reduce((best, each) => (each.differences.length < best.differences.length ? each : best)),
  );
  return sum(nearest);
}

function sum(parts: Comparison[]): Comparison {
  return {
    compared: parts.reduce((count, each) => count + each.compared, 0),
    differences: parts.flatMap((each) => each.differences),
  };
}

/** What a client relies on of a value: its type, and of a text its kind or, where the service chooses it, the text itself. */
function formOf(value: unknown, path: string): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'string') return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  if (chosen.test(path) && !given.test(path)) return 'a text';
  if (passing.test(path) && /^[A-Z][a-z]+$/.test(value)) return 'a state';
  return textForms.find(([form]) => form.test(value))?.[1](value) ?? wordsOf(value);
}

/** The kinds of texts, of which the first is meant. */
const textForms: Array<[form: { test(value: string): boolean }, name: (value: string) => string]> = [
  [instant, () => 'an instant'],
  [/^P(\d+D)?(T[\d.HMS]+)?$/, () => 'a duration'],
  [/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/, () => 'a GUID'],
  [/^sha256:[0-9a-f]{64}$/, () => 'a digest'],
  [{ test: (value) => /^[{[]/.test(value) && isJson(value) }, () => 'JSON in a text'],
  [/^\/subscriptions\//i, resourceForm],
  [/^[a-z]+:\/\//, urlForm],
  [/^[0-9a-f]{16,}$/, () => 'a number in hexadecimal'],
];

/** A text that means itself, but for what it quotes and counts. */
function wordsOf(text: string): string {
  return `'${text
    .replace(/"[^"]*"/g, '"…"')
    .replace(/\b[0-9a-f]{16,}\b/g, '#')
    .replace(/\d+/g, '#')}'`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The id of a resource with its fixed words as they are written, and its names left out. */
function resourceForm(id: string): string {
  return id
    .split('/')
    .map((word, index, words) => (index > 0 && index % 2 === 0 && words[index - 1] !== 'providers' ? '*' : word))
    .join('/');
}

/** A URL with its kind of address; of a query only which parameters there are. */
function urlForm(url: string): string {
  const [address = '', query = ''] = url.split('?', 2);
  const [, scheme = '', path = ''] = /^([a-z]+:\/\/)[^/]*(.*)$/.exec(address) ?? [];
  const at = path.search(/\/subscriptions\//i);
  const form = at < 0 ? scheme : `${scheme}*${path.slice(0, at)}${resourceForm(path.slice(at))}`;
  // How a SAS was signed is its maker's business: by the account's key, or by one that was given to the service.
  if (/(^|&)sig=/.test(query)) return `${form} with a SAS`;
  const parameters = query
    .split('&')
    .map((each) => each.split('=')[0])
    .filter(Boolean);
  return parameters.length === 0 ? form : `${form} with ${parameters.sort().join(', ')}`;
}
