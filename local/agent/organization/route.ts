import { ApiError } from './apiError';

export interface ApiRequest {
  /** By the names in the route's path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** An operation of the REST API, each of which stands below a project. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Below the project, with `{name}` for a segment that differs: build/builds/{buildId}/tags. */
  readonly path: string;
  /** @returns what a success shows; undefined where it shows nothing */
  answer(request: ApiRequest): unknown;
}

export function findRoute(
  routes: readonly Route[],
  method: string,
  pathname: string,
): { route: Route; parameters: Record<string, string> } {
  const found = routes.flatMap((route) => {
    const parameters = match(`{project}/_apis/${route.path}`, pathname);
    return parameters ? [{ route, parameters }] : [];
  });
  if (found.length === 0) throw new ApiError(404, `The controller for path '${pathname}' was not found.`);
  const own = found.find(({ route }) => route.method === method);
  if (!own) throw new ApiError(405, `The requested resource does not support http method '${method}'.`);
  return own;
}

function match(path: string, pathname: string): Record<string, string> | undefined {
  const [wanted, given] = [path, pathname.slice(1)].map((text) => text.split('/'));
  if (wanted!.length !== given!.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted!.entries()) {
    const [, name] = /^\{(.*)\}$/.exec(segment) ?? [];
    if (name) parameters[name] = decoded(given![index]!);
    else if (segment.toLowerCase() !== given![index]!.toLowerCase()) return undefined;
  }
  return parameters;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ApiError(400, `The segment ${segment} of the path is not a valid encoding.`);
  }
}
