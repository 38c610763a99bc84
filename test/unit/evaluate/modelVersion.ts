import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';

/** A version of a model, as the registry tells it, of which nothing is known but what is given. */
export function modelVersion(known: Partial<RegisteredModel> & Pick<RegisteredModel, 'version'>): RegisteredModel {
  const name = known.name ?? 'm';
  return {
    ...{ name, id: `/models/${name}/versions/${known.version}`, type: 'custom_model', uri: 'azureml://x' },
    ...{ tags: {}, properties: {} },
    ...known,
  };
}
