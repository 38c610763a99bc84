import { chain } from '../chain';
import type { Case } from './case';
import { containerInstanceCases } from './containerInstances';
import { containerRegistryCases } from './containerRegistry';
import { machineLearningCases } from './machineLearning';
import { resourceManagerCases } from './resourceManager';

/** In the order in which they are tried: what is over soon comes first, the chain last. */
export const cases: Case[] = [
  ...resourceManagerCases,
  ...containerRegistryCases,
  ...containerInstanceCases,
  ...machineLearningCases,
  chain,
];

/** @throws Error that says which there are */
export function chosenCases(only: readonly string[]): Case[] {
  const unknown = only.filter((name) => !cases.some((each) => each.name === name));
  if (unknown.length > 0) {
    throw new Error(`There is no case ${unknown.join(', ')}. There are: ${cases.map(({ name }) => name).join(', ')}.`);
  }
  return only.length === 0 ? cases : cases.filter(({ name }) => only.includes(name));
}
