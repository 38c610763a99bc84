import { visibleText } from './visibleText';

/**
 * Text from outside as a log may hold it. It can neither command the agent, nor forge a line of the log's own look
 * (`##[error]`), nor colour, move or hide what others wrote: colours are left out, other control characters are shown as
 * their codes.
 */
export function foreignText(text: string): string {
  return (
    visibleText(text.replace(escapes, '').replace(/\r\n?/g, '\n'))
      // The agent warns of each line with this word in it, whatever follows.
      .replace(/##(?=vso)/gi, '##_')
      .replace(/##(?=\[)/g, '##_')
  );
}

/** Escape sequences of terminals: CSI (colours, the cursor), OSC (titles, links), and those of two characters. */
// eslint-disable-next-line no-control-regex
const escapes = /\u001b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\u0007\u001b\n]{0,2048}(?:\u0007|\u001b\\)|[@-Z\\^_])/g;
