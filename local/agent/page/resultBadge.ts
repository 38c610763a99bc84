import { resultLook } from '../run/terminal';
import type { TaskResult } from '../taskResult';
import { html, type Html } from '../../../views/html';

/** The mark of a result, in its colour. */
export function resultMark(result: TaskResult | undefined): Html {
  const { mark, text } = result ? resultLook[result] : { mark: '·', text: 'not finished' };
  return html`<span class="mark ${result ?? 'pending'}" title="${text}" aria-label="${text}">${mark}</span>`;
}

export function resultBadge(result: TaskResult | undefined): Html {
  return html`<span class="badge ${result ?? 'pending'}"
    >${resultMark(result)} ${result ? resultLook[result].text : 'not finished'}</span
  >`;
}
