import { uncertainties } from '../../tasks/Evaluate/confidence/uncertainty';
import { parseCriteria } from '../../tasks/common/criteria/parseCriteria';

/** A program of its own, so that its memory is its own: <criteria> <candidate's rows> <champion's rows>. */
async function main([text, candidate, champion]: string[]): Promise<void> {
  const { criteria } = parseCriteria(text!);
  const started = performance.now();
  const found = await uncertainties(criteria, { candidate, champion }, async () => {});
  const seconds = (performance.now() - started) / 1000;
  console.log(
    JSON.stringify({ seconds, maxRss: process.resourceUsage().maxRSS, ...found.byCriterion.get(criteria[0]!) }),
  );
}

void main(process.argv.slice(2));
