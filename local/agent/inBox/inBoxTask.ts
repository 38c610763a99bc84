import type { ArtifactStore } from '../run/artifactStore';
import type { StepContext } from '../stepContext';
import type { TaskDefinition, TaskInput } from '../taskDefinition';
import type { StepInputs } from './stepInputs';

/** A task of Azure DevOps itself, or of another extension, that the local agent stands in for. */
export interface InBoxTask {
  /** What its task.json says of its names and inputs. Source: microsoft/azure-pipelines-tasks, Tasks/<Name>V<n>/task.json. */
  definition: TaskDefinition;
  /** Says why it cannot be run here with these inputs, if that is known before anything runs. */
  refusal?(inputs: StepInputs): string | undefined;
  /** Does its work; throws when it fails. */
  run(step: InBoxStep): Promise<void>;
}

/** One run of such a task. */
export interface InBoxStep {
  context: StepContext;
  /** Defaults and variables put in; inputs of the type filePath are rooted. */
  inputs: StepInputs;
  /** Of the programs that it starts. */
  environment: Record<string, string>;
  /** System.DefaultWorkingDirectory, from which relative paths start. */
  folder: string;
  artifacts: ArtifactStore;
  signal: AbortSignal;
}

type InputShape = Partial<TaskInput> & { name: string };

export interface InBoxTaskShape {
  id: string;
  name: string;
  version: number;
  /** What it does here, in a few words. */
  description: string;
  inputs: InputShape[];
  outputVariables?: string[];
  refusal?: InBoxTask['refusal'];
  run: InBoxTask['run'];
}

export function inBoxTask(shape: InBoxTaskShape): InBoxTask {
  const { id, name, version, description, inputs, outputVariables = [], refusal, run } = shape;
  return {
    definition: {
      id,
      name,
      friendlyName: name,
      description,
      author: 'local agent',
      version: { Major: version, Minor: 0, Patch: 0 },
      inputs: inputs.map((input) => ({ type: 'string', ...input })),
      outputVariables: outputVariables.map((variable) => ({ name: variable, description: '' })),
    },
    refusal,
    run,
  };
}
