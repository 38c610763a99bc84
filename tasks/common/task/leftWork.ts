import { untilSaid } from './cancellation';
import type { TaskState } from './taskContext';

/**
 * What runs in Azure and must not do so without this step. It is noted before it begins and settled when it has ended, was told to
 * end, or may run on; what is noted still at the job's end is of a step that was killed, or that a cancellation left no time.
 */
export interface LeftWork<Work> {
  /**
   * Notes the work, in place of what was noted before. Wait for it before the work is begun: where nobody reads any more what this
   * process says, it ends here, and begins nothing that no post-job step would know of.
   */
  note(work: Work): Promise<void>;
  settle(): void;
  /** For the post-job step: undefined where nothing is left to do. */
  read(): Work | undefined;
}

/**
 * @param name of the task's variable that holds it
 * @param secret whether the work holds what no log may show
 */
export function leftWork<Work>(state: TaskState, name: string, secret = false): LeftWork<Work> {
  // A second variable says whether it counts still: one that was secret once stays so, and a word such as "done" must not
  // become a secret.
  const flag = `${name}IsLeft`;
  return {
    async note(work) {
      state.set(name, Buffer.from(JSON.stringify(work)).toString('base64'), secret);
      state.set(flag, 'true');
      await untilSaid();
    },
    settle: () => state.set(flag, 'false'),
    read() {
      const text = state.get(name);
      if (!text || state.get(flag) !== 'true') return undefined;
      return JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as Work;
    },
  };
}
