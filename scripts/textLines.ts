/** Words of one kind that follow each other in a line. */
export interface Run {
  text: string;
  kind: 'plain' | 'code' | 'star';
}

/**
 * Advance widths of the printable ASCII characters of DejaVu Sans, in thousandths of the font size. It is the widest of the usual
 * fonts, so that what is measured with it fits in any of them.
 */
const widths = [
  318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
  636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
  748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
  615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
  337, 636, 838,
];

/** The width that a text may take, in pixels: at most. It asks no font of the machine, so that a drawing is the same everywhere. */
function textWidth(text: string, size: number): number {
  const thousandths = [...text].reduce((sum, character) => sum + (widths[character.charCodeAt(0) - 32] ?? 1000), 0);
  return (thousandths * size) / 1000;
}

/** The runs of a help text: what stands in backticks is code; links and emphasis are their words. */
export function markdownRuns(markdown: string): Run[] {
  return markdown
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .split(/`([^`]*)`/)
    .map((text, index): Run => {
      if (index % 2 === 1) return { text, kind: 'code' };
      return {
        text: text.replace(/(?<!\w)[*_]([^*_\s][^*_]*)[*_](?!\w)/g, '$1'),
        kind: 'plain',
      };
    })
    .filter(({ text }) => text !== '');
}

/** Words, each of one or more runs: `(` and the code after it stay together. */
function wordsOf(runs: Run[]): Run[][] {
  const words: Run[][] = [[]];
  for (const { text, kind } of runs) {
    for (const piece of text.split(/(\s+)/).filter(Boolean)) {
      if (/^\s+$/.test(piece)) words.push([]);
      else words.at(-1)!.push({ text: piece, kind });
    }
  }
  return words.filter((word) => word.length > 0);
}

const widthOf = (runs: Run[], size: number): number => runs.reduce((sum, { text }) => sum + textWidth(text, size), 0);

/** A word as pieces of one character, where it is longer than a line. */
function pieces(word: Run[], size: number, width: number): Run[][] {
  if (widthOf(word, size) <= width) return [word];
  return word.flatMap(({ text, kind }) => [...text].map((character) => [{ text: character, kind }]));
}

/** Breaks runs into lines that fit. A word that is longer than a line is broken where the line ends. */
export function breakLines(runs: Run[], size: number, width: number): Run[][] {
  const lines: Run[][] = [];
  for (const word of wordsOf(runs)) {
    let space: Run[] = lines.length > 0 ? [{ text: ' ', kind: 'plain' }] : [];
    for (const piece of pieces(word, size, width)) {
      const last = lines.at(-1);
      if (last && widthOf([...last, ...space, ...piece], size) <= width) last.push(...space, ...piece);
      else lines.push([...piece]);
      space = [];
    }
  }
  return lines.map(joined);
}

/** Neighbours of one kind as one run. */
function joined(runs: Run[]): Run[] {
  const result: Run[] = [];
  for (const { text, kind } of runs) {
    const last = result.at(-1);
    if (last?.kind === kind) last.text += text;
    else result.push({ text, kind });
  }
  return result;
}

/** A text cut to a width, with an ellipsis where something is missing. */
export function cutToWidth(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  let length = text.length;
  while (length > 0 && textWidth(`${text.slice(0, length)}…`, size) > width) length--;
  return `${text.slice(0, length)}…`;
}
