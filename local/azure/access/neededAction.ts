import { readDataPlanePath } from '../arm/dataPlanes';

/** What a request to the resource manager, or to a data plane of Azure ML, must be allowed to do, and where. */
export interface NeededAction {
  action: string;
  /** ARM id. */
  scope: string;
}

const verbs: Record<string, string> = {
  GET: 'read',
  HEAD: 'read',
  PUT: 'write',
  PATCH: 'write',
  DELETE: 'delete',
  POST: 'action',
};

/**
 * @returns undefined where nobody needs a role: what a cloud has, the status of an operation (its address is signed), and
 * lists across resources, which show to each what he may read
 */
export function neededAction(method: string, path: string): NeededAction | undefined {
  const dataPlane = readDataPlanePath(path);
  if (dataPlane) return onDataPlane(method, dataPlane.workspace, dataPlane.rest);
  const verb = verbs[method] ?? 'action';
  const provided = /^(.*)\/providers\/([^/]+)\/(.+?)\/*$/i.exec(path);
  if (!provided) {
    const group = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+$/i.test(path);
    return group ? { action: `Microsoft.Resources/subscriptions/resourceGroups/${verb}`, scope: path } : undefined;
  }
  const [, above = '', namespace = '', rest = ''] = provided;
  const segments = rest.split('/');
  if (/^locations$/i.test(segments[0]!)) return atLocation({ above, namespace, segments, verb });
  if (segments.length === 1 && verb === 'read' && !/^microsoft\.authorization$/i.test(namespace)) return undefined;
  return onResource({ above, namespace, segments, verb });
}

/** A request to a provider, and what its path says after the provider's name. */
interface Provided {
  above: string;
  namespace: string;
  segments: string[];
  verb: string;
}

/** Prices and quotas of Azure ML are the subscription's, and of no resource. */
function atLocation({ above, namespace, segments, verb }: Provided): NeededAction | undefined {
  const isOfMachineLearning = /^microsoft\.machinelearningservices$/i.test(namespace) && segments.length === 3;
  return isOfMachineLearning ? { action: `${namespace}/locations/${segments[2]}/${verb}`, scope: above } : undefined;
}

function onResource({ above, namespace, segments, verb }: Provided): NeededAction {
  const isResource = segments.length % 2 === 0;
  const types = segments.filter((_, index) => index % 2 === 0).join('/');
  const parent = isResource ? segments : segments.slice(0, -1);
  const scope = parent.length > 0 ? `${above}/providers/${namespace}/${parent.join('/')}` : above;
  return { action: `${namespace}/${types}/${verb}`, scope };
}

/** Runs, metrics and artifacts are read and written beneath experiments, models beneath models. */
function onDataPlane(method: string, workspace: string, rest: string): NeededAction {
  const isRead = method === 'GET' || /\/(search|query|list|get|batchGet)[^/]*(\/|$)/i.test(rest);
  const kind = /(registered-models|model-versions|^\/models\/)/.test(rest) ? 'models/versions' : 'experiments/runs';
  return {
    action: `Microsoft.MachineLearningServices/workspaces/${kind}/${isRead ? 'read' : 'write'}`,
    scope: workspace,
  };
}
