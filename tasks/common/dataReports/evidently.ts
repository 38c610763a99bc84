import type { SliceTerm } from '../criteria/criterion';
import { isObject, numberOf, objectsOf, ValueCollector, withSlice, type ReportValues } from './reportValues';

type Content = Record<string, unknown>;

/**
 * A report or test suite of Evidently: `snapshot.json()` since 0.7, `report.json()` and `test_suite.json()` before. Every number goes by
 * the metric's name, `MeanValue[column=age]`; what is said of drift also goes by `drift.` and the words of the versions before
 * 0.7, whichever version wrote it.
 * @returns undefined where it is not a report of Evidently
 */
export function readEvidently(content: unknown): ReportValues | undefined {
  if (!isObject(content)) return undefined;
  const hasTests = Array.isArray(content.tests) && content.tests.every((test) => isObject(test) && 'status' in test);
  const hasMetrics =
    Array.isArray(content.metrics) && content.metrics.every((metric) => isNew(metric) || isOld(metric));
  if (!hasTests && !hasMetrics) return undefined;
  if (!hasMetrics && !isObject(content.summary)) return undefined;
  const collected = new ValueCollector();
  const metrics = objectsOf(content.metrics);
  addMetrics(metrics.filter(isNew), collected);
  for (const metric of metrics.filter(isOld)) addOldMetric(metric, collected);
  if (hasTests) addTests(objectsOf(content.tests), collected);
  return collected;
}

function isNew(metric: unknown): metric is Content {
  return isObject(metric) && typeof (metric.metric_name ?? metric.metric_id) === 'string' && 'value' in metric;
}

function isOld(metric: unknown): metric is Content {
  return isObject(metric) && typeof metric.metric === 'string' && 'result' in metric;
}

interface NamedMetric {
  readonly name: string;
  /** The settings that tell it from others of its name. */
  readonly settings: readonly SliceTerm[];
  readonly content: Content;
}

/** A metric goes by its column where that tells it from all others of its name, and always by all its settings. */
function addMetrics(contents: readonly Content[], collected: ValueCollector): void {
  const metrics = contents.map((content) => ({ ...namedMetric(content), content }));
  const short = new Map<string, number>();
  const full = new Set(metrics.map(({ name, settings }) => withSlice(name, settings)));
  for (const metric of metrics) short.set(shortName(metric), (short.get(shortName(metric)) ?? 0) + 1);
  for (const metric of metrics) {
    const { name, settings } = metric;
    const label = withSlice(name, settings);
    const isTold = short.get(shortName(metric)) === 1 && !full.has(shortName(metric));
    const slices = [settings, ...(isTold && shortName(metric) !== label ? [columnOf(metric)] : [])];
    for (const slice of slices) {
      collected.addTree(metric.content.value, (path) => withSlice([name, ...path].join('.'), slice));
    }
    addDrift(metric, collected);
  }
}

const columnOf = ({ settings }: NamedMetric) => settings.filter(({ key }) => key === 'column');
const shortName = (metric: NamedMetric) => withSlice(metric.name, columnOf(metric));

/** `ValueDrift(column=age,method=K-S p_value)`, whose parts also stand in config; early versions of 0.7 wrote the text only. */
function namedMetric(content: Content): Omit<NamedMetric, 'content'> {
  const text = String(content.metric_name ?? content.metric_id);
  const [, name = text, inner = ''] = /^([^(]*)\((.*)\)$/s.exec(text) ?? [];
  if (isObject(content.config)) {
    const settings = Object.entries(content.config).flatMap(([key, value]) =>
      key !== 'type' && ['string', 'number', 'boolean'].includes(typeof value) ? [{ key, value: String(value) }] : [],
    );
    return { name, settings };
  }
  const settings = inner.split(/,\s*(?=\w+=)/).flatMap((part) => {
    const at = part.indexOf('=');
    return at > 0 ? [{ key: part.slice(0, at), value: part.slice(at + 1) }] : [];
  });
  return { name, settings };
}

function addDrift(metric: NamedMetric, collected: ValueCollector): void {
  const { name, content } = metric;
  const { value } = content;
  const setting = (wanted: string) => metric.settings.find(({ key }) => key === wanted)?.value;
  if (name === 'DriftedColumnsCount' && isObject(value)) {
    collected.add('drift.share_of_drifted_columns', value.share);
    collected.add('drift.number_of_drifted_columns', value.count);
    const [share, limit] = [numberOf(value.share), Number(setting('drift_share') ?? NaN)];
    if (share !== undefined && !Number.isNaN(limit)) collected.add('drift.dataset_drift', share >= limit);
  }
  if (name === 'ValueDrift') collected.add(withSlice('drift.drift_score', columnOf(metric)), value);
}

/** Before 0.7: {"metric": "ColumnDriftMetric", "result": {"column_name": "age", "drift_score": …}}. */
function addOldMetric({ metric, result }: Content, collected: ValueCollector): void {
  if (!isObject(result)) return;
  const name = metric as string;
  const column = typeof result.column_name === 'string' ? [{ key: 'column', value: result.column_name }] : [];
  collected.addTree(result, (path) => withSlice([name, ...path].join('.'), column));
  const ofDataset = ['share_of_drifted_columns', 'number_of_drifted_columns', 'number_of_columns', 'dataset_drift'];
  if ('share_of_drifted_columns' in result) for (const each of ofDataset) collected.add(`drift.${each}`, result[each]);
  const columns = isObject(result.drift_by_columns) ? Object.values(result.drift_by_columns) : [result];
  for (const { column_name: of, ...drift } of objectsOf(columns)) {
    if (typeof of !== 'string' || !('drift_score' in drift)) continue;
    const slice = [{ key: 'column', value: of }];
    collected.add(withSlice('drift.drift_score', slice), drift.drift_score);
    collected.add(withSlice('drift.drift_detected', slice), drift.drift_detected);
  }
}

/** A test that could not be made has not passed; where there was none, nothing is known. */
function addTests(tests: readonly Content[], collected: ValueCollector): void {
  if (tests.length === 0) return;
  const passed = tests.filter(({ status }) => status === 'SUCCESS').length;
  collected.add('tests.total_tests', tests.length);
  collected.add('tests.success_tests', passed);
  collected.add('tests.failed_tests', tests.length - passed);
  collected.add('tests.all_passed', passed === tests.length);
}
