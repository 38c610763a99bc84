import { isTaskTag } from '../common/azure/ml/registeredModel';

/** Azure ML's limit for the name of a tag. */
const longestName = 256;

/**
 * The tags of the model version: the user's own, and the metrics, so that whoever judges the model needs no run. A training
 * names its metrics as it likes: one whose name is a tag of the user's, or one by which tasks decide such as `champion`, goes
 * by `metric.<name>`, where Evaluate looks first.
 */
export function modelTags(
  own: Readonly<Record<string, string>> | undefined,
  metrics: Readonly<Record<string, number>>,
): Record<string, string> {
  const tags = new Map(Object.entries(own ?? {}));
  for (const [name, value] of Object.entries(metrics)) {
    const isTaken = isTaskTag(name) || (own !== undefined && Object.hasOwn(own, name));
    tags.set((isTaken ? `metric.${name}` : name).slice(0, longestName), String(value));
  }
  return Object.fromEntries(tags);
}
