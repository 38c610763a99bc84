import { invalid } from '../mlError';

/** A hyperparameter as the service is sent it: [distribution, its parameters in order]. */
type Distribution = [type: string, parameters: unknown[]];
export type SearchSpace = Record<string, Distribution>;
export type Trial = Record<string, string>;

const order = ['values', 'upper', 'min_value', 'max_value', 'mu', 'sigma', 'q'];

/** Reads a search space as the service is sent it, or as a YAML file writes it ({type, values, min_value, ...}). */
export function readSearchSpace(given: Record<string, unknown>): SearchSpace {
  const entries = Object.entries(given).map(([name, value]): [string, Distribution] => {
    if (Array.isArray(value) && typeof value[0] === 'string' && Array.isArray(value[1])) {
      return [name, [value[0].toLowerCase(), value[1]]];
    }
    const { type, ...parameters } = (value ?? {}) as Record<string, unknown>;
    if (typeof type !== 'string') throw invalid(`The search space of '${name}' names no distribution.`);
    return [name, [type.toLowerCase(), order.filter((key) => key in parameters).map((key) => parameters[key])]];
  });
  for (const [name, [type]] of entries) {
    if (type !== 'choice' && !(type in draws)) throw invalid(`The distribution '${type}' of '${name}' is unknown.`);
  }
  return Object.fromEntries(entries);
}

/** Every combination of a space that has choices only, the last hyperparameter changing fastest. */
export function grid(space: SearchSpace): Trial[] {
  return Object.entries(space).reduce<Trial[]>(
    (trials, [name, [type, parameters]]) => {
      if (type !== 'choice') throw invalid(`Grid sampling takes choices only; '${name}' is '${type}'.`);
      return trials.flatMap((trial) => choices(parameters).map((value) => ({ ...trial, [name]: valueText(value) })));
    },
    [{}],
  );
}

/** Draws trials at random; the same seed gives the same trials. */
export function randomTrials(space: SearchSpace, count: number, seed: number): Trial[] {
  const random = generator(seed);
  return Array.from({ length: count }, () =>
    Object.fromEntries(
      Object.entries(space).map(([name, [type, parameters]]) => {
        if (type !== 'choice') return [name, valueText(draws[type]?.(random, parameters.map(Number)))];
        const values = choices(parameters);
        return [name, valueText(values[Math.floor(random() * values.length)])];
      }),
    ),
  );
}

/** A choice has one parameter, the list of its values. */
const choices = (parameters: unknown[]): unknown[] =>
  Array.isArray(parameters[0]) ? (parameters[0] as unknown[]) : parameters;

/** From two numbers in [0, 1) one of the standard normal distribution (Box and Muller). */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const quantized = (value: number, q = 1): number => Math.round(value / q) * q;

type Draw = (random: () => number, parameters: number[]) => number;
const uniform: Draw = (random, [low = 0, high = 1]) => low + (high - low) * random();
const gaussian: Draw = (random, [mu = 0, sigma = 1]) => mu + sigma * normal(random);

/** The service's distributions; a lognormal or loguniform one takes the logarithms of its bounds. */
const draws: Record<string, Draw> = {
  uniform,
  quniform: (random, parameters) => quantized(uniform(random, parameters), parameters[2]),
  loguniform: (random, parameters) => Math.exp(uniform(random, parameters)),
  qloguniform: (random, parameters) => quantized(Math.exp(uniform(random, parameters)), parameters[2]),
  normal: gaussian,
  qnormal: (random, parameters) => quantized(gaussian(random, parameters), parameters[2]),
  lognormal: (random, parameters) => Math.exp(gaussian(random, parameters)),
  qlognormal: (random, parameters) => quantized(Math.exp(gaussian(random, parameters)), parameters[2]),
  randint: (random, [upper = 1]) => Math.floor(random() * upper),
};

/** A small generator with a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
import { valueText } from '../../valueText';
