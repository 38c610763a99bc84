import type { ContextFile } from '../context/buildContext';
import type { BuildArgument } from '../plan/imagePlan';
import type { ServerTest } from '../plan/serverTesting';

/** One image to build and push. */
export interface BuildOrder {
  readonly context: readonly ContextFile[];
  /** Path within the context. */
  readonly dockerfile: string;
  readonly repository: string;
  readonly tags: readonly string[];
  /** The tag, among them, by which an image of the same content is found. */
  readonly content: string;
  readonly arguments: readonly BuildArgument[];
  /** How its server is tried before the push; undefined where the Dockerfile itself tests it, or nobody does. */
  readonly serverTest?: ServerTest;
}

/** What a build came to. */
export interface BuiltImage {
  /** Of the pushed manifest; undefined where the builder does not say it. */
  readonly digest: string | undefined;
  /** Whether the build had been asked for by another run of the pipeline: its image may lack tags of this one. */
  readonly isFollowed: boolean;
}

/** Where images are built and pushed. */
export interface ImageBuilder {
  /**
   * @param print gets the build's log, whole lines, as it grows
   * @throws TaskFailure that explains a failed build
   */
  build(order: BuildOrder, print: (lines: string) => void, signal: AbortSignal): Promise<BuiltImage>;
}
