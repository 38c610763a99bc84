import type { ContextFile } from '../context/buildContext';
import type { BuildArgument } from '../plan/imagePlan';

/** One image to build and push. */
export interface BuildOrder {
  readonly context: readonly ContextFile[];
  /** Path within the context. */
  readonly dockerfile: string;
  readonly repository: string;
  readonly tags: readonly string[];
  readonly arguments: readonly BuildArgument[];
}

/** Where images are built and pushed. */
export interface ImageBuilder {
  /**
   * @param print gets the build's log, whole lines, as it grows
   * @returns the pushed manifest's digest; undefined where the builder does not say it
   * @throws TaskFailure that explains a failed build
   */
  build(order: BuildOrder, print: (lines: string) => void, signal: AbortSignal): Promise<string | undefined>;
}
