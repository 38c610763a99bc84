import type { MetricStore } from '../runs/metricStore';
import type { Run } from '../runs/runStore';
import { MlflowError } from './mlflowError';
import { runAnswer, tagsOf } from './mlflowRun';
import type { RunStore } from '../runs/runStore';

type Condition = (run: Run) => boolean;
type Value = string | number | undefined;

const comparison =
  /^\s*(\w+)\.(?:`([^`]+)`|"([^"]+)"|([\w./-]+))\s*(=|!=|>=|<=|>|<|LIKE|ILIKE)\s*(?:'([^']*)'|"([^"]*)"|(-?[\d.eE+-]+))\s*/i;

/** Runs that MLflow's filter accepts (comparisons joined by AND), in MLflow's order. */
export class RunSearch {
  constructor(
    private readonly runs: RunStore,
    private readonly metrics: MetricStore,
  ) {}

  select(candidates: Run[], filter: string | undefined, orderBy: string[] | undefined): Run[] {
    const conditions = this.parse(filter ?? '');
    const found = candidates.filter((run) => conditions.every((holds) => holds(run)));
    const keys = (orderBy ?? []).map((text) => {
      const [, field = '', direction = 'ASC'] = /^\s*(.+?)(?:\s+(ASC|DESC))?\s*$/i.exec(text) ?? [];
      const [kind = '', ...rest] = field.includes('.') ? field.split('.') : ['attributes', field];
      const name = rest.join('.').replace(/[`"]/g, '');
      return { kind, name, sign: direction.toUpperCase() === 'DESC' ? -1 : 1 };
    });
    // Newest first among equals.
    return found.reverse().sort((one, other) => {
      for (const { kind, name, sign } of keys) {
        const order = compare(this.value(one, kind, name), this.value(other, kind, name));
        if (order !== 0) return sign * order;
      }
      return 0;
    });
  }

  private parse(filter: string): Condition[] {
    const conditions: Condition[] = [];
    for (let rest = filter.trim(); rest;) {
      // An attribute may stand without its kind.
      const text = /^\w+\s*(=|!=|<|>|LIKE)/i.test(rest) ? `attributes.${rest}` : rest;
      const match = comparison.exec(text);
      if (!match) throw new MlflowError('INVALID_PARAMETER_VALUE', `Invalid clause(s) in filter string: '${rest}'.`);
      const [all, kind = '', backticked, quoted, plain, operator = '', single, double, number] = match;
      const name = backticked ?? quoted ?? plain ?? '';
      const wanted = number === undefined ? (single ?? double ?? '') : Number(number);
      conditions.push((run) => holds(this.value(run, kind, name), operator.toUpperCase(), wanted));
      rest = text.slice(all.length);
      const and = /^AND\s+/i.exec(rest);
      if (rest && !and)
        throw new MlflowError('INVALID_PARAMETER_VALUE', `Invalid clause(s) in filter string: '${rest}'.`);
      rest = rest.slice(and?.[0].length ?? 0);
    }
    return conditions;
  }

  private value(run: Run, kind: string, name: string): Value {
    switch (kind.toLowerCase().replace(/s$/, '')) {
      case 'metric':
        return this.metrics.latest(run.runId).find((point) => point.key === name)?.value;
      case 'param':
      case 'parameter':
        return run.params[name];
      case 'tag':
        return tagsOf(run)[name];
      default:
        return (runAnswer(run, this.runs, this.metrics).info as Record<string, Value>)[name];
    }
  }
}

function holds(value: Value, operator: string, wanted: string | number): boolean {
  if (value === undefined) return false;
  const order = compare(value, wanted);
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    default: {
      const pattern = String(wanted)
        .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replace(/%/g, '.*')
        .replace(/_/g, '.');
      return new RegExp(`^${pattern}$`, operator === 'ILIKE' ? 'is' : 's').test(String(value));
    }
  }
}

function compare(one: Value, other: Value): number {
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one) < String(other) ? -1 : String(one) > String(other) ? 1 : 0;
}
