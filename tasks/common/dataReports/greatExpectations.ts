import { allObjects, isObject, numberOf, ValueCollector, withSlice, type ReportValues } from './reportValues';

/**
 * The validations of a report of Great Expectations: one of `validation_result.to_json_dict()` and of `.describe()`, several of a
 * checkpoint or a list of them, whose `describe()` and, before 1.0, `to_json_dict()` are read.
 * @returns undefined where it is not such a report
 */
function validationsOf(content: unknown): Record<string, unknown>[] | undefined {
  if (Array.isArray(content)) {
    const all = content.map((each) => (isObject(each) ? validationsOf(each) : undefined));
    return all.length > 0 && all.every((each) => each !== undefined) ? all.flat() : undefined;
  }
  if (!isObject(content)) return undefined;
  if (Array.isArray(content.validation_results)) return allObjects(content.validation_results, 'validation_results');
  if (isObject(content.run_results)) {
    return allObjects(Object.values(content.run_results), 'run_results').map((run) =>
      isObject(run.validation_result) ? run.validation_result : run,
    );
  }
  const isValidation =
    (isObject(content.statistics) || typeof content.success === 'boolean') &&
    (hasExpectations(content.results) || hasExpectations(content.expectations) || hasCounts(content.statistics));
  return isValidation ? [content] : undefined;
}

function hasExpectations(results: unknown): boolean {
  return Array.isArray(results) && results.every((each) => isObject(each) && typeOf(each) !== undefined);
}

function hasCounts(statistics: unknown): boolean {
  return isObject(statistics) && 'evaluated_expectations' in statistics;
}

/** What an expectation is called, in the forms before and since 1.0. */
function typeOf({ expectation_config: config, expectation_type: type }: Record<string, unknown>): string | undefined {
  const name = isObject(config) ? (config.type ?? config.expectation_type) : type;
  return typeof name === 'string' ? name : undefined;
}

/**
 * Values of a checkpoint are those of all its validations together. Where nothing was expected, nothing is known: NaN, though Great
 * Expectations says success.
 * @returns undefined where it is not a report of Great Expectations
 * @throws Error that says what such a report lacks
 */
export function readGreatExpectations(content: unknown): ReportValues | undefined {
  const validations = validationsOf(content);
  if (!validations) return undefined;
  const collected = new ValueCollector();
  const counts = validations.map(countsOf);
  const sum = (name: 'evaluated' | 'successful') => counts.reduce((total, each) => total + each[name], 0);
  const [evaluated, successful] = [sum('evaluated'), sum('successful')];
  const isEmpty = counts.length === 0 || counts.some((each) => each.evaluated === 0);
  const succeeded = validations.every(({ success }) => success === true) && successful === evaluated;
  collected.add('success', isEmpty ? NaN : succeeded);
  collected.add('success_percent', isEmpty ? NaN : (successful / evaluated) * 100);
  collected.add('evaluated_expectations', evaluated);
  collected.add('successful_expectations', successful);
  collected.add('unsuccessful_expectations', isEmpty ? NaN : evaluated - successful);
  for (const validation of validations) addExpectations(validation, collected);
  return collected;
}

function countsOf(validation: Record<string, unknown>): { evaluated: number; successful: number } {
  const statistics = isObject(validation.statistics) ? validation.statistics : {};
  const isListed = (validation.results ?? validation.expectations ?? null) !== null;
  const results = isListed ? resultsOf(validation) : undefined;
  const count = (name: string, otherwise: number | undefined) => {
    if (!(name in statistics)) {
      if (otherwise === undefined) throw new Error(`it has neither statistics.${name} nor the results to count`);
      return otherwise;
    }
    const value = statistics[name];
    if (Number.isInteger(value) && (value as number) >= 0) return value as number;
    throw new Error(`statistics.${name} is ${JSON.stringify(value)}, which is not a count`);
  };
  const [evaluated, successful] = [
    count('evaluated_expectations', results?.length),
    count('successful_expectations', results?.filter(succeeded).length),
  ];
  if (successful > evaluated) throw new Error(`it has more successful expectations than evaluated ones`);
  // A report may list only those that failed.
  const failed = results?.filter((each) => !succeeded(each)).length ?? 0;
  if (failed > evaluated - successful) {
    throw new Error(`${failed} of its results failed, and its statistics count ${evaluated - successful}`);
  }
  if (validation.success === false && evaluated > 0 && successful === evaluated) {
    throw new Error('it says that it failed, and counts nothing that did');
  }
  return { evaluated, successful };
}

function resultsOf({ results, expectations }: Record<string, unknown>): Record<string, unknown>[] {
  return allObjects(results ?? expectations ?? [], results ? 'results' : 'expectations');
}

/** What raised an exception was not looked at, whatever else it says. Since 1.0 an exception stands under the metric that raised it. */
function succeeded({ success, exception_info: info }: Record<string, unknown>): boolean {
  const isRaised = (each: unknown) => isObject(each) && each.raised_exception === true;
  return success === true && !isRaised(info) && !(isObject(info) && Object.values(info).some(isRaised));
}

function columnOf(expectation: Record<string, unknown>): string | undefined {
  const config = isObject(expectation.expectation_config) ? expectation.expectation_config : expectation;
  const column = isObject(config.kwargs) ? config.kwargs.column : undefined;
  return typeof column === 'string' ? column : undefined;
}

/** Of several expectations the worst counts: those of a column, those of a kind, and all. */
function addExpectations(validation: Record<string, unknown>, collected: ValueCollector): void {
  for (const expectation of resultsOf(validation)) {
    const column = columnOf(expectation);
    const ofType = { key: 'expectation', value: typeOf(expectation) ?? '' };
    const ofColumn = column === undefined ? undefined : { key: 'column', value: column };
    const exact = ofColumn ? [ofColumn, ofType] : [ofType];
    const result = isObject(expectation.result) ? expectation.result : {};
    // It raised an exception, or the result format keeps the numbers back.
    const isUnknown = !succeeded(expectation) && Object.keys(result).length === 0;
    for (const slice of [[], [ofType], ...(ofColumn ? [[ofColumn], exact] : [])]) {
      for (const name of ['unexpected_percent', 'unexpected_count', 'missing_percent']) {
        collected.addWorst(withSlice(name, slice), isUnknown ? NaN : result[name]);
      }
      if (slice.length > 0) {
        const name = withSlice('unsuccessful_expectations', slice);
        collected.values.set(name, (collected.values.get(name) ?? 0) + (succeeded(expectation) ? 0 : 1));
      }
    }
    if (typeof numberOf(result.observed_value) === 'number') {
      collected.add(withSlice('observed_value', exact), result.observed_value);
    }
  }
}
