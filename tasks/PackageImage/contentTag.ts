import { createHash } from 'node:crypto';
import type { RegisteredModel } from '../common/azure/models';
import { hashFiles } from './buildContext';
import type { ImagePlan } from './imagePlan';

/**
 * The tag by which an image of the same content is found: the same model version, code, dependencies, base and way of
 * packaging give the same tag. A version of a model never changes, so its files need not be read. Secret arguments are
 * left out: a renewed password makes no other image.
 */
export async function contentTag(plan: ImagePlan, model: RegisteredModel, signal: AbortSignal): Promise<string> {
  const parts = [
    plan.dockerfile,
    await hashFiles(plan.files, signal),
    model.id.toLowerCase(),
    plan.arguments.map(({ name, value, isSecret }) => [name, isSecret ? '' : value]),
  ];
  return `content-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`;
}
