import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { alone, threads } from '../../tasks/Evaluate/confidence/crew';
import { uncertainties } from '../../tasks/Evaluate/confidence/uncertainty';
import { parseCriteria } from '../../tasks/common/criteria/parseCriteria';

/** A program of its own, so that its memory is its own: <criteria> <threads, or "all"> <candidate's rows> <champion's rows>. */
async function main([text, count, candidate, champion]: string[]): Promise<void> {
  const { criteria } = parseCriteria(text!);
  const most = count === 'all' ? availableParallelism() : Number(count);
  const started = performance.now();
  const crew = most > 1 ? threads(most, () => new Worker(path.join(__dirname, 'worker.js'))) : alone();
  const found = await uncertainties(criteria, { candidate, champion }, crew);
  const seconds = (performance.now() - started) / 1000;
  await crew.close();
  const intervals = [...found.byCriterion.values()];
  console.log(JSON.stringify({ seconds, maxRss: process.resourceUsage().maxRSS, intervals, holdout: found.holdout }));
}

void main(process.argv.slice(2));
