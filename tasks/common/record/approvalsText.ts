import { utcMinute } from '../utcMinute';
import type { Approvals } from './record';

/** Who approved a stage, when, and in which words, in one line of plain text. */
export function approvalsText({ outcome, by, reason }: Approvals): string {
  if (outcome === 'none') return 'no one (the stage asks for no approval)';
  const text = outcome === 'unknown' ? `not known${reason ? `: ${reason}` : ''}` : by.map(approverText).join('; ');
  return text.replace(/\s+/g, ' ').trim();
}

function approverText({ name, at, comment }: Approvals['by'][number]): string {
  const time = at && ` (${utcMinute(at)})`;
  const words = comment && `: “${comment.trim()}”`;
  return [name, time, words].filter(Boolean).join('');
}
