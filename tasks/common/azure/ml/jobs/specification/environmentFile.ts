import * as path from 'node:path';
import type { EnvironmentSpec, Origin } from '../rest/jobAssets';
import { environmentShape } from './jobShapes';
import { originOf } from './jobSpec';
import { YamlSource } from './yamlSource';

/**
 * Reads an environment that stands in a file of its own, which a job names as `file:./environment.yml`.
 * @param directory that the path starts from
 * @returns undefined for a reference of another kind
 * @throws TaskFailure that names line and key of what is wrong in it
 */
export function readEnvironmentFile(
  reference: string,
  directory: string,
): { spec: EnvironmentSpec; origin: Origin } | undefined {
  const [, relative] = /^file:(?:\/\/)?(.+)$/i.exec(reference) ?? [];
  if (!relative) return undefined;
  const file = new YamlSource(path.resolve(directory, relative));
  environmentShape(file.value, [], (at, problem) => file.problem(at, problem));
  file.finish();
  return { spec: file.value as EnvironmentSpec, origin: originOf(file, []) };
}
