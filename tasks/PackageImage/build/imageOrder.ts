import type { ModelFile } from '../../common/azure/ml/modelFiles';
import type { ImagePlan } from '../plan/imagePlan';

/** The image that is wanted. */
export interface ImageOrder {
  readonly repository: string;
  readonly plan: ImagePlan;
  readonly modelFiles: readonly ModelFile[];
  readonly labels: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  /** The tag by which an image of the same content is found. */
  readonly content: string;
}
