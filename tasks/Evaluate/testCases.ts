import type { JUnitSuite } from '../common/junit';
import { intervalLine } from './summary';
import type { Decision } from './decision';

/** Each criterion as a test case, for the Tests tab. A skipped comparison is a skipped test. */
export function criteriaSuite(modelName: string, { verdicts }: Decision): JUnitSuite {
  return {
    name: `Evaluate ${modelName}`,
    cases: verdicts.map(({ criterion, passed, skipped, explanation, interval }) => {
      const details = interval ? `${explanation}\n${intervalLine(interval).replace(/\*\*/g, '')}` : explanation;
      return {
        name: criterion.text,
        className: `Evaluate.${modelName}`,
        ...(skipped
          ? { skipped: explanation }
          : passed
            ? { output: details }
            : { failure: { message: explanation, details } }),
      };
    }),
  };
}
