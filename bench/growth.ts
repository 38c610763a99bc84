/** How what a task asks for grows with its work: once, ten and a hundred times as much. What is counted is exact on every machine. */
import { followTrace } from '../test/support/jobTraces';
import { toRow, type Row } from './rows';

/** So much more may a hundred times the work take. */
const orders = { constant: 1, linear: 100 } as const;
const tenMinutes = 600_000;

export async function bench(): Promise<Row[]> {
  const counts = async (print: (index: number) => number | undefined): Promise<number[]> => {
    const found: number[] = [];
    for (const factor of [1, 10, 100]) {
      const runs = factor * tenMinutes;
      const births: number[] = [];
      for (let index = 0, time = print(0); time !== undefined && time < runs; time = print(++index)) births.push(time);
      const { requests } = await followTrace(births, runs);
      found.push(requests.reduce((sum, each) => sum + (each ?? 0), 0));
    }
    return found;
  };
  return [
    growth(
      'requests for a silent job of 10, 100, 1,000 minutes',
      await counts((index) => (index === 0 ? 0 : undefined)),
      'linear',
    ),
    growth(
      'requests for a job of 10, 100, 1,000 minutes with a line each 10 s',
      await counts((index) => index * 10_000),
      'linear',
    ),
    growth(
      'requests for a job of 10, 100, 1,000 minutes with a line each minute',
      await counts((index) => index * 60_000),
      'linear',
    ),
  ];
}

function growth(name: string, [one, ten, hundred]: number[], order: keyof typeof orders): Row {
  const method = `Growth: virtual time; of each row what work ×1, ×10 and ×100 took is in its name, and how much more ×100 took than ×1 is its value; ${Object.keys(orders).join(' and ')} are the orders that it is held to.`;
  return toRow('growth', {
    name: `${name}: ${one}, ${ten}, ${hundred} (${order})`,
    ours: hundred! / one!,
    unit: 'times',
    goal: { atMost: orders[order] },
    method,
  });
}
