import type { ServiceEndpoint } from '../../serviceEndpoint';
import { isConnectedService, endpointsOf, findInput } from '../taskInputs';
import { Variables } from '../variables';
import type { PipelinePlan } from './plan';

/**
 * Refuses a pipeline that names a service connection which is not there, before it runs, as Azure Pipelines does. A name
 * that only a running job can tell is left to it.
 */
export function checkServiceConnections(plan: PipelinePlan, endpoints: ServiceEndpoint[]): void {
  const known = endpoints.map(({ name }) => `'${name}'`).join(', ') || 'none';
  for (const stage of plan.stages) {
    for (const job of stage.jobs) {
      const variables = new Variables(Object.fromEntries(job.variables.map(({ name, value }) => [name, value])));
      for (const { action, displayName } of job.steps) {
        if (action.kind !== 'task' && action.kind !== 'inBox') continue;
        for (const [name, text] of Object.entries(action.inputs)) {
          const input = findInput(action.task, name);
          const value = variables.expand(text).trim();
          if (!input || !isConnectedService(input) || value === '' || /\$[([]/.test(value)) continue;
          if (endpointsOf(value, endpoints).length > 0) continue;
          throw new Error(
            `Job ${job.name}: step '${displayName}', input ${name}, references service connection '${value}', ` +
              `which could not be found. There are: ${known}.`,
          );
        }
      }
    }
  }
}
