import { TaskFailure } from '../../../../taskFailure';
import { commandJobShape, pipelineJobShape, sweepJobShape, unknownType } from './jobShapes';
import type { JobSpec } from './jobSpec';
import { checkReferences } from './references';
import { isMapping } from './checkedShape';
import { YamlSource } from './yamlSource';

const shapes = { command: commandJobShape, sweep: sweepJobShape, pipeline: pipelineJobShape };

/** What to do with a job that this task cannot start. */
const elsewhere =
  'Start the job by other means, such as az ml job create, and let Train follow it: jobSource existing, with its name as jobName.';

/**
 * Reads a job file as `az ml job create` takes it and checks its shape.
 * @throws TaskFailure that names line and key of everything that the service would refuse
 */
export function readJobFile(file: string): { spec: JobSpec; source: YamlSource } {
  const source = new YamlSource(file);
  const { value } = source;
  if (!isMapping(value)) throw new TaskFailure(`${file} does not contain a job: it must be a YAML mapping.`);
  // A file without a type is a command job, unless it shows otherwise.
  const type = value.type ?? (value.jobs ? 'pipeline' : value.trial ? 'sweep' : 'command');
  const shape =
    typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type as keyof typeof shapes] : undefined;
  if (!shape) {
    throw new TaskFailure(
      `${source.place(['type'])}: ${unknownType('jobs', type)}.`,
      `Supported are ${Object.keys(shapes).join(', ')}. ${elsewhere}`,
    );
  }
  shape(value, [], (at, problem) => source.problem(at, problem));
  checkReferences(value, (at, problem) => source.problem(at, problem));
  source.finish();
  return { spec: { ...value, type } as JobSpec, source };
}
