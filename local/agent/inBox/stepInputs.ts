import { findInput } from '../taskInputs';
import type { TaskDefinition } from '../taskDefinition';

/** The inputs of one step, asked for by the names in the task's definition, without case. */
export class StepInputs {
  readonly #values: Record<string, string>;

  /** @param values by the names in the definition, or, as a pipeline file gives them, by an alias */
  constructor(task: TaskDefinition, values: Record<string, string>) {
    const presets = task.inputs.map(({ name, defaultValue }) => [name, String(defaultValue ?? '')]);
    const given = Object.entries(values).map(([name, value]) => [findInput(task, name)?.name ?? name, value]);
    this.#values = Object.fromEntries([...presets, ...given]) as Record<string, string>;
  }

  text(name: string): string {
    return this.#values[name]?.trim() ?? '';
  }

  /** As it is written, blanks and all. */
  script(name: string): string {
    return this.#values[name] ?? '';
  }

  is(name: string, value: string): boolean {
    return this.text(name).toLowerCase() === value.toLowerCase();
  }

  flag(name: string): boolean {
    return this.is(name, 'true');
  }

  /** The lines that hold something. */
  lines(name: string): string[] {
    return this.text(name)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }
}
