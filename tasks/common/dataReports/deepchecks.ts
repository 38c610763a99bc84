import { allObjects, isObject, ValueCollector, type ReportValues } from './reportValues';

const statuses = { passed: 'PASS', failed: 'FAIL', warned: 'WARN', error: 'ERROR' } as const;

/**
 * What Deepchecks writes of a suite or of one check, by `result.to_json()`. Names of checks and of what they found are written as a
 * criterion can name them: "Feature Drift" is feature_drift.
 * @returns undefined where it is not a report of Deepchecks
 * @throws Error that says what such a report lacks
 */
export function readDeepchecks(content: unknown): ReportValues | undefined {
  if (!isObject(content)) return undefined;
  const isSuite = content.type === 'SuiteResult' && Array.isArray(content.results);
  if (!isSuite && !isCheck(content)) return undefined;
  const checks = isSuite ? allObjects(content.results, 'results') : [content];
  const wrong = checks.findIndex((check) => !isCheck(check));
  if (wrong >= 0) throw new Error(`results[${wrong}] is not that of a check`);
  const collected = new ValueCollector();
  addConditions('', checks, collected);
  collected.add('checks', checks.length);
  collected.add('not_ran_checks', checks.filter(hasNotRun).length);
  for (const check of checks) {
    const name = word(nameOf(check));
    if (conditionsOf(check).length > 0 || hasNotRun(check)) addConditions(`${name}.`, [check], collected);
    collected.addTree(check.value, (path) => [name, ...path.map(word)].join('.'));
  }
  return collected;
}

function isCheck(content: Record<string, unknown>): boolean {
  return (content.type === 'CheckResult' || content.type === 'CheckFailure') && nameOf(content) !== '';
}

function nameOf({ header, check }: Record<string, unknown>): string {
  if (isObject(check) && typeof check.name === 'string') return check.name;
  return typeof header === 'string' ? header : '';
}

function conditionsOf(check: Record<string, unknown>): Record<string, unknown>[] {
  const { conditions_results: conditions } = check;
  return conditions === undefined || conditions === null ? [] : allObjects(conditions, 'conditions_results');
}

const hasNotRun = ({ type }: Record<string, unknown>): boolean => type === 'CheckFailure';

/**
 * Where there was no condition, nothing is known to hold. What has not run has not passed either, whatever its conditions would have
 * been: as in Deepchecks' own `passed(fail_if_check_not_run=True)`.
 */
function addConditions(prefix: string, checks: readonly Record<string, unknown>[], collected: ValueCollector): void {
  const conditions = checks.flatMap(conditionsOf);
  const isEmpty = conditions.length === 0;
  const count = (wanted: string) =>
    isEmpty ? NaN : conditions.filter(({ Status: status }) => status === wanted).length;
  collected.add(`${prefix}conditions`, conditions.length);
  for (const [name, status] of Object.entries(statuses)) collected.add(`${prefix}${name}_conditions`, count(status));
  collected.add(
    `${prefix}passed`,
    isEmpty ? NaN : !checks.some(hasNotRun) && count(statuses.passed) === conditions.length,
  );
}

function word(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '');
}
