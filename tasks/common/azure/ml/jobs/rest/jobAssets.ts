/**
 * Brings what a job names into the workspace and gives back the ids by which the service knows it. Everything is
 * brought in before the job is created, so that a problem with any of it leaves no job behind.
 */
export interface JobAssets {
  /** @param reference a local directory, `azureml:name:version`, or an id that the service knows */
  code(reference: string, origin: Origin): Promise<string>;
  environment(specification: string | EnvironmentSpec, origin: Origin): Promise<string>;
  /** @returns undefined for serverless compute */
  compute(reference: string, origin: Origin): Promise<string | undefined>;
  /** The id that a pipeline, or a node of one, names a compute by; serverless has one there. */
  pipelineCompute(reference: string, origin: Origin): Promise<string>;
  /** The URI of an input: a local path is uploaded. */
  data(path: string, type: string, origin: Origin): Promise<string>;
  /** The id of a registered component. */
  component(reference: string, origin: Origin): Promise<string>;
  /** Registers a component that a job brings along. */
  anonymousComponent(specification: Record<string, unknown>): Promise<string>;
}

/** Where something was written: for relative paths and for messages. */
export interface Origin {
  /** Relative paths start here. */
  readonly directory: string;
  /** e.g. "job.yml, line 12, environment" or "Input environment" */
  readonly place: string;
}

export interface EnvironmentSpec {
  readonly image?: string;
  readonly conda_file?: string | Record<string, unknown>;
  readonly build?: { readonly path: string; readonly dockerfile_path?: string };
  readonly os_type?: string;
  readonly inference_config?: unknown;
}
