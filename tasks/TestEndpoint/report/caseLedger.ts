import type { TaskLog } from '../../common/log';
import type { Secrets } from '../../common/secrets';
import { milliseconds } from '../load/loadReport';
import type { TestCase } from '../requests/testCase';

/** The finished tests in their order. Each is said in the log at once, and none holds a secret. */
export class CaseLedger {
  private readonly noted: TestCase[] = [];

  constructor(
    private readonly log: TaskLog,
    private readonly secrets: Secrets,
  ) {}

  get cases(): readonly TestCase[] {
    return this.noted;
  }

  note(...found: readonly TestCase[]): void {
    for (const { message, details, ...rest } of found) {
      const shown = {
        ...rest,
        message: message && this.secrets.hide(message),
        details: details && this.secrets.hide(details),
      };
      this.noted.push(shown);
      const mark = { passed: '✔', failed: '✘', skipped: '–' }[shown.outcome];
      const time = shown.milliseconds === undefined ? '' : ` (${milliseconds(shown.milliseconds)})`;
      this.log.info(`${mark} ${shown.name}${time}${shown.message ? `: ${shown.message}` : ''}`);
      if (shown.details) this.log.info(shown.details.replace(/^/gm, '    '));
    }
  }
}
