import * as path from 'node:path';
import { isMapping } from '../../common/azure/ml/jobs/specification/checkedShape';
import type {
  CommandSpec,
  ComponentSpec,
  JobSpec,
  NodeSpec,
  PipelineSpec,
  ProgramSpec,
  SweepSpec,
} from '../../common/azure/ml/jobs/specification/jobSpec';
import { YamlSource } from '../../common/azure/ml/jobs/specification/yamlSource';
import type { ComputeUse } from '../../common/azure/ml/prices/prices';

import { isLowPriority } from './heldNodes';

/** What a job, or a step of a pipeline, is going to hold. */
export interface PlannedUse {
  /** The name of the step, of one within a step "train / fit"; undefined for a job that is no pipeline. */
  readonly step?: string;
  readonly use: ComputeUse;
  /** undefined where only a registered component knows it. */
  readonly nodes?: number;
  /** How many trials of a sweep may run at once, as far as its own limits say. */
  readonly parallel: number;
}

/** What the service takes where a sweep does not limit its trials. Source: az ml, sweep job YAML schema. */
const usualTrials = 1000;

/** @param directory where the job's relative paths start */
export function plannedUses(spec: JobSpec, directory: string): PlannedUse[] {
  if (spec.type !== 'pipeline') return [useOf(spec, spec.compute, directory)];
  const { default_compute: compute } = spec.settings ?? {};
  return usesOf(spec.jobs, compute === undefined ? spec.compute : String(compute), directory);
}

function usesOf(nodes: PipelineSpec['jobs'], outer: string | undefined, directory: string, prefix = ''): PlannedUse[] {
  return Object.entries(nodes).flatMap(([name, node]) => {
    const step = prefix + name;
    const compute = node.compute ?? outer;
    if (node.type !== 'pipeline') return [{ ...useOf(node, compute, directory), step }];
    const file = fileOf(node.component, directory);
    const component = file === undefined ? undefined : componentIn(file);
    if (!component?.jobs) return [{ step, use: { compute }, parallel: 1 }];
    return usesOf(component.jobs, compute, path.dirname(file!), `${step} / `);
  });
}

function useOf(spec: CommandSpec | SweepSpec | NodeSpec, compute: string | undefined, directory: string): PlannedUse {
  const { isKnown, ...resources } = resourcesOf(spec, directory);
  const count = Number(resources.instance_count ?? (isKnown ? 1 : NaN));
  const tier = (spec as CommandSpec).queue_settings?.job_tier ?? '';
  return {
    use: {
      compute,
      ...(typeof resources.instance_type === 'string' && { instanceType: resources.instance_type }),
      isLowPriority: isLowPriority(tier),
    },
    ...(Number.isInteger(count) && { nodes: count }),
    parallel: spec.type === 'sweep' ? trialsAtOnce(spec) : 1,
  };
}

/** Those of a step go before those of its component. */
function resourcesOf(
  spec: CommandSpec | SweepSpec | NodeSpec,
  directory: string,
): Record<string, unknown> & { isKnown: boolean } {
  const { trial, component, resources } = spec as {
    trial?: unknown;
    component?: unknown;
    resources?: ProgramSpec['resources'];
  };
  const program = trial ?? component;
  const file = typeof program === 'string' ? fileOf(program, directory) : undefined;
  const given = (file ? componentIn(file) : isMapping(program) ? program : {}) as ComponentSpec | undefined;
  const isKnown = typeof program !== 'string' || given?.command !== undefined;
  return { ...given?.resources, ...resources, isKnown };
}

function trialsAtOnce({ limits = {}, sampling_algorithm: sampling, search_space: space }: SweepSpec): number {
  const { max_concurrent_trials: atOnce = Infinity, max_total_trials: total = usualTrials } = limits;
  const isGrid = (isMapping(sampling) ? sampling.type : sampling) === 'grid';
  const choices = Object.values(space).map(({ values }) => (Array.isArray(values) ? values.length : Infinity));
  const combinations = isGrid ? choices.reduce((product, count) => product * count, 1) : Infinity;
  return Math.max(1, Math.min(atOnce, total, combinations));
}

/** undefined of what is registered. */
function fileOf(reference: string, directory: string): string | undefined {
  if (/^(azureml:|\/subscriptions\/)/i.test(reference)) return undefined;
  return path.resolve(directory, reference.replace(/^file:/, ''));
}

/** What is wrong with a component's file is said where it is registered. */
function componentIn(file: string): ComponentSpec | undefined {
  const { value } = new YamlSource(file);
  return isMapping(value) ? (value as unknown as ComponentSpec) : undefined;
}
