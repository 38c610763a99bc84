/** Shorter texts ("true", "json") are in every other: hiding them would hide all. */
export const shortestHidden = 6;

/** What stands around a key or certificate, and is the same for all of them. */
const frame = /^-----(BEGIN|END) [A-Z0-9 ]+-----$/;

/** Whether a text, or a line of one, can be hidden wherever it stands. */
export function canBeHidden(text: string): boolean {
  return text.trim().length >= shortestHidden && !frame.test(text);
}
