import type { EnvironmentSpec, Origin } from '../rest/jobAssets';
import type { YamlPath } from './yamlSource';

/** Jobs as `az ml` v2 YAML spells them, after their shape was checked. */
export type Scalar = string | number | boolean;

export interface AssetInput {
  readonly type?: string;
  readonly path: string;
  readonly mode?: string;
  readonly description?: string;
}

export interface OutputSpec {
  readonly type?: string;
  readonly path?: string;
  readonly mode?: string;
  readonly description?: string;
}

export interface JobSpecBase {
  readonly name?: string;
  readonly display_name?: string;
  readonly experiment_name?: string;
  readonly description?: string;
  readonly tags?: Record<string, Scalar>;
  readonly properties?: Record<string, Scalar>;
  readonly compute?: string;
  readonly inputs?: Record<string, Scalar | AssetInput>;
  readonly outputs?: Record<string, OutputSpec | string | null>;
  readonly identity?: Record<string, string>;
  readonly services?: Record<string, Record<string, unknown>>;
  readonly notification_setting?: Record<string, unknown>;
}

export interface ProgramSpec {
  readonly command: string;
  readonly code?: string;
  readonly environment: string | EnvironmentSpec;
  readonly environment_variables?: Record<string, Scalar | null>;
  readonly distribution?: Record<string, unknown>;
  readonly resources?: Record<string, unknown>;
}

export interface CommandSpec extends JobSpecBase, ProgramSpec {
  readonly type?: 'command';
  readonly limits?: { readonly timeout?: number };
  readonly queue_settings?: { readonly job_tier?: string };
}

export interface SweepKeys {
  readonly trial: ProgramSpec | string;
  readonly search_space: Record<string, { readonly type: string } & Record<string, unknown>>;
  readonly sampling_algorithm?: string | { readonly type: string; readonly seed?: number; readonly rule?: string };
  readonly objective: { readonly goal: string; readonly primary_metric: string };
  readonly early_termination?: { readonly type: string } & Record<string, unknown>;
  readonly limits?: Readonly<Record<string, number>>;
  readonly queue_settings?: { readonly job_tier?: string };
}

export interface SweepSpec extends JobSpecBase, SweepKeys {
  readonly type: 'sweep';
}

export interface PipelineSpec extends JobSpecBase {
  readonly type: 'pipeline';
  readonly jobs: Record<string, NodeSpec>;
  readonly settings?: Record<string, unknown> & { default_compute?: Scalar; default_datastore?: Scalar };
}

export type NodeSpec =
  | (CommandSpec & { readonly component?: string | ComponentSpec })
  | SweepSpec
  | (JobSpecBase & { readonly type: 'pipeline'; readonly component: string });

export interface ComponentSpec extends ProgramSpec {
  readonly type?: string;
  readonly name?: string;
  readonly version?: string;
  readonly display_name?: string;
  readonly description?: string;
  readonly tags?: Record<string, Scalar>;
  readonly inputs?: Record<string, Record<string, unknown> & { default?: Scalar }>;
  readonly outputs?: Record<string, Record<string, unknown>>;
  readonly is_deterministic?: boolean;
  readonly jobs?: Record<string, NodeSpec>;
}

export type JobSpec = CommandSpec | SweepSpec | PipelineSpec;

/** Where a specification was written down: a YAML file, or the task's inputs. */
export interface SpecSource {
  /** Relative paths start here. */
  readonly directory: string;
  /** A scalar as it was written, so that 1.0 stays 1.0. */
  writtenAs(at: YamlPath): string | undefined;
  /** Names a place in a message. */
  place(at: YamlPath): string;
}

export function originOf(source: SpecSource, at: YamlPath): Origin {
  return { directory: source.directory, place: source.place(at) };
}
