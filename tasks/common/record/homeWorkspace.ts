import { TaskFailure } from '../taskFailure';
import type { ModelSection } from './record';

type Home = ModelSection['workspace'];

/**
 * Makes sure that a stage works in the workspace in which the record's model is registered: another one may have a model
 * of the same name and version, of which the record says nothing.
 * @param verb what the stage does with the model, for the remedy: "Evaluate"
 * @throws TaskFailure that names the input that differs
 */
export function requireHomeWorkspace(model: ModelSection, named: Home, verb: string): void {
  const home = model.workspace;
  const differs = (['subscriptionId', 'resourceGroup', 'name'] as const).find(
    (key) => named[key].toLowerCase() !== home[key].toLowerCase(),
  );
  if (!differs) return;
  const input = { subscriptionId: 'azureSubscription', resourceGroup: 'resourceGroup', name: 'workspace' }[differs];
  throw new TaskFailure(
    `Input ${input}: the model ${model.name} version ${model.version} is registered in the workspace ${home.name} of ${home.resourceGroup} (subscription ${home.subscriptionId}), but the inputs name ${named.name} of ${named.resourceGroup} (subscription ${named.subscriptionId}).`,
    `${verb} a model where it is registered, or use the record that belongs to this workspace.`,
  );
}
