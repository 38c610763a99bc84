import { ArmError } from '../context';

/**
 * What each list obeys beside the api-version; of the rest of a request, what begins with a dollar sign or stands in the
 * specification of the list would change the answer, so that it is refused and never ignored.
 */
const obeyed: Record<string, string[]> = {
  '/workspaces': ['$skip', '$skipToken'],
  '/computes': ['$skip', '$skipToken'],
  '/datastores': ['$skip', '$skipToken', 'isDefault', 'names', 'count', 'orderByAsc'],
  '/jobs': ['$skip', '$skipToken', '$top', 'jobType', 'tag', 'listViewType', 'properties'],
  '/models': ['$skip', '$skipToken', '$top', 'listViewType', 'count'],
  '/runs': ['$filter', '$top', '$skipToken'],
  '/resources': ['$filter', '$top', '$skiptoken', '$expand'],
  '/resourcegroups': ['$filter', '$top', '$skiptoken'],
  '/roleassignments': ['$filter'],
  '/roledefinitions': ['$filter'],
  '/deployments': ['$filter', '$top'],
  '/providers': ['$expand'],
};
for (const type of ['codes', 'environments', 'data', 'components']) obeyed[`/${type}`] = ['$skip', '$skipToken', '$top', 'listViewType']; // prettier-ignore
obeyed['/versions'] = [
  '$skip', '$skipToken', '$top', '$orderBy', '$tags', 'tags', 'properties', 'version', 'description', 'hash', 'hashVersion', 'listViewType',
]; // prettier-ignore

/** What the specifications of the lists here know beside those that begin with a dollar sign. */
const specified =
  /^(count|isDefault|names|searchText|orderBy|orderByAsc|jobType|tag|tags|listViewType|properties|version|description|offset|feed|hash|hashVersion|stage|name|createdBy|pageSize|kind|computeType)$/i;

/** Throws what is answered to a list that is asked for in a way that it would not be given. */
export function checkQueryParameters(path: string, query: URLSearchParams): void {
  const last = path.replace(/\/+$/, '').slice(path.replace(/\/+$/, '').lastIndexOf('/')).toLowerCase();
  const known = (obeyed[last] ?? []).map((name) => name.toLowerCase());
  for (const name of query.keys()) {
    if (known.includes(name.toLowerCase())) continue;
    if (!name.startsWith('$') && !(last in obeyed && specified.test(name))) continue;
    throw new ArmError(400, 'BadRequest', `Local Azure does not obey the query parameter '${name}' of '${path}'.`);
  }
}
