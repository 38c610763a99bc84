/**
 * Text from outside without what acts on whoever looks at it instead of being seen: control characters and the escape
 * sequences of terminals, and characters that turn the direction of writing. Each stands as its code, \x1b for one; line
 * ends and tabs stay.
 */
export function visibleText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(hidden, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

// eslint-disable-next-line no-control-regex
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
