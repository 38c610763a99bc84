import { TaskFailure } from '../../taskFailure';
import { commandJobShape, pipelineJobShape, sweepJobShape } from './jobShapes';
import type { JobSpec } from './jobSpec';
import { isMapping, type Note } from './shape';
import { YamlSource } from './yamlSource';

const shapes = { command: commandJobShape, sweep: sweepJobShape, pipeline: pipelineJobShape };

/**
 * Reads a job file as `az ml job create` takes it and checks its shape.
 * @throws TaskFailure that names line and key of everything that the service would refuse
 */
export function readJobFile(file: string): { spec: JobSpec; source: YamlSource } {
  const source = new YamlSource(file);
  const { value } = source;
  if (!isMapping(value)) throw new TaskFailure(`${file} holds no job: it must be a YAML mapping.`);
  // A file without a type is a command job, unless it shows otherwise.
  const type = value.type ?? (value.jobs ? 'pipeline' : value.trial ? 'sweep' : 'command');
  const shape = shapes[type as keyof typeof shapes];
  if (!shape) {
    throw new TaskFailure(
      `${source.place(['type'])}: jobs of the type "${String(type)}" are not supported.`,
      `Supported are ${Object.keys(shapes).join(', ')}.`,
    );
  }
  shape(value, [], (at, problem) => source.problem(at, problem));
  checkReferences(value, (at, problem) => source.problem(at, problem));
  source.finish();
  return { spec: { ...value, type } as JobSpec, source };
}

/** `${{inputs.x}}` in a command must be an input of the job, as must `${{search_space.x}}` and `${{outputs.x}}`. */
export function checkReferences(job: Readonly<Record<string, unknown>>, note: Note): void {
  const program = isMapping(job.trial) ? job.trial : job;
  const { command } = program;
  if (typeof command !== 'string') return;
  const at = program === job ? ['command'] : ['trial', 'command'];
  // What stands in $[[ ]] is left out where its input has no value.
  const always = command.replace(/\$\[\[.*?\]\]/gs, '');
  for (const [, kind, name] of always.matchAll(/\$\{\{\s*(inputs|outputs|search_space)\.([\w-]+)/g)) {
    const known = job[kind!];
    if (isMapping(known) && name! in known) continue;
    note(at, `it uses \${{${kind}.${name}}}, but there is no "${name}" under ${kind}.`);
  }
}
