import type { Models, NewModel } from '../common/azure/ml/models';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { TaskFailure } from '../common/taskFailure';

/** As many versions may have come from other runs between two tries of one step. */
const versionsToLookAt = 50;

/**
 * Registers a model, unless this job's was registered already: however often a step is tried, its job has one version.
 * @param model its `jobName` says whose it is
 */
export async function registerOnce(
  models: Pick<Models, 'list' | 'register'>,
  model: NewModel & { readonly jobName: string },
): Promise<{ model: RegisteredModel; isNew: boolean }> {
  const known = await models.list(model.name, { top: versionsToLookAt });
  const same = known.find(({ properties }) => properties[registeredFrom] === origin(model));
  if (same) return { model: same, isNew: false };
  const properties = { ...model.properties, [registeredFrom]: origin(model) };
  const registered = await models.register({ ...model, properties });
  if (!registered.version) throw new TaskFailure(`Azure ML gave the model ${model.name} no version.`);
  return { model: registered, isNew: true };
}

/** Property of a model version: the job and path that it was registered from. */
const registeredFrom = 'mlops.registeredFrom';

function origin({ jobName, uri }: { jobName: string; uri: string }): string {
  return `${jobName} ${uri}`;
}
