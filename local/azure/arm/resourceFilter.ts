import { ArmError } from '../context';
import { groupOf, type GenericResource } from './resourceCatalog';

type Filtered = Pick<GenericResource, 'id' | 'name' | 'type' | 'location' | 'tags'>;

const fields: Record<string, (resource: Filtered) => string> = {
  name: ({ name }) => name,
  resourcetype: ({ type }) => type,
  location: ({ location }) => location,
  resourcegroup: groupOf,
};

/**
 * Of `name eq 'x' and resourceType eq 'y'` or `tagName eq 'a' and tagValue eq 'b'`, the forms that clients send; any other is
 * refused, as it would be a wrong answer.
 */
export function readResourceFilter(filter: string | undefined): (resource: Filtered) => boolean {
  const refused = new ArmError(
    400,
    'InvalidFilterInQueryString',
    `Invalid $filter '${filter}' specified in the query string.`,
  );
  const terms = (filter ?? '')
    .split(/\s+and\s+/i)
    .filter(Boolean)
    .map((text) => {
      const [, field = '', operator = '', value = ''] = /^\s*(\w+)\s+(eq|ne)\s+'([^']*)'\s*$/i.exec(text) ?? [];
      return { field: field.toLowerCase(), isSame: operator.toLowerCase() === 'eq', value };
    });
  const byTag = terms.filter(({ field }) => /^tag(name|value)$/.test(field));
  const tag = byTag.find(({ field }) => field === 'tagname')?.value;
  const tagValue = byTag.find(({ field }) => field === 'tagvalue')?.value;
  // A tag goes with no other condition.
  if (byTag.length > 0 && (byTag.length < terms.length || tag === undefined || byTag.some(({ isSame }) => !isSame))) {
    throw refused;
  }
  if (tag !== undefined) return ({ tags = {} }) => tag in tags && (tagValue === undefined || tags[tag] === tagValue);
  const conditions = terms.map(({ field, isSame, value }) => {
    const read = fields[field];
    if (!read) throw refused;
    return (resource: Filtered) => (read(resource).toLowerCase() === value.toLowerCase()) === isSame;
  });
  return (resource) => conditions.every((holds) => holds(resource));
}
