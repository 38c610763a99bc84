import { metricsOf } from '../../../views/slices';
import type { MetricValue, ModelRecord } from '../record/record';

/**
 * The metadata that the Hugging Face hub reads from a card: what people wrote in the file's front matter, and the results as a
 * `model-index`. Source: huggingface/hub-docs, modelcard.md; huggingface_hub, repocard_data.py.
 */
export function hubMetadata(record: ModelRecord): Record<string, unknown> {
  const { model, evaluation } = record;
  const written = evaluation?.modelCard?.metadata ?? {};
  const { whole, sliced } = metricsOf(record);
  if (!model || Object.keys(whole).length === 0) return written;
  const task = typeof written.pipeline_tag === 'string' ? written.pipeline_tag : 'other';
  const name = `Evaluation data of ${model.name}`;
  const revision = evaluation?.holdout?.sha256;
  const source = record.source?.build?.url;
  const result = (part: string | undefined, metrics: Array<[name: string, value: MetricValue]>) => ({
    task: { type: task },
    dataset: {
      type: 'private',
      name: part === undefined ? name : `${name}, ${part}`,
      ...(part === undefined ? {} : { config: part }),
      ...(revision === undefined ? {} : { revision }),
    },
    metrics: metrics.map(([metric, value]) => ({ type: metric, value, name: metric })),
    ...(source === undefined ? {} : { source: { name: 'Build', url: source } }),
  });
  const results = [
    result(undefined, Object.entries(whole)),
    ...[...partsOf(sliced)].map(([part, metrics]) => result(part, metrics)),
  ];
  return { ...written, 'model-index': [{ name: model.name, results }] };
}

/** The metrics of each slice, by `column=value`. */
function partsOf(sliced: ReturnType<typeof metricsOf>['sliced']): Map<string, Array<[string, MetricValue]>> {
  const parts = new Map<string, Array<[string, MetricValue]>>();
  for (const { metric, column, values } of sliced) {
    for (const [slice, value] of values) {
      const part = partName(column, slice);
      parts.set(part, [...(parts.get(part) ?? []), [metric, value]]);
    }
  }
  return parts;
}

/** `sex=f, age=old` of several columns. */
function partName(column: string, slice: string): string {
  const [columns, values] = [column.split(', '), slice.split(', ')];
  if (columns.length !== values.length) return `${column}=${slice}`;
  return columns.map((each, index) => `${each}=${values[index]}`).join(', ');
}
