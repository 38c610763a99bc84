import type { TaskLog } from '../../common/log';
import type { Secrets } from '../../common/secrets';
import { visibleText } from '../../common/visibleText';
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

  /** What an endpoint or a container said, as it may be shown. */
  clean<T extends string | undefined>(text: T): T {
    return (text && visibleText(this.secrets.hide(text))) as T;
  }

  note(...found: readonly TestCase[]): void {
    for (const { name, message, warning, details, ...rest } of found) {
      const shown: TestCase = {
        ...rest,
        name: this.clean(name),
        message: this.clean(message),
        warning: this.clean(warning),
        details: this.clean(details),
      };
      this.noted.push(shown);
      const mark = { passed: '✔', failed: '✘', skipped: '–' }[shown.outcome];
      const time = shown.milliseconds === undefined ? '' : ` (${milliseconds(shown.milliseconds)})`;
      const said = [shown.message, shown.warning].filter(Boolean).join(' ');
      this.log.info(`${mark} ${shown.name}${time}${said ? `: ${said}` : ''}`);
      if (shown.details) this.log.info(shown.details.replace(/^/gm, '    '));
    }
  }
}
