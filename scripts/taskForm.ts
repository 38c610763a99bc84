/**
 * Draws a preview of a task's form from its task.json: once as it opens in the designer, and once with every group open,
 * every input that a choice brings, and the help. The drawing is plain on purpose: it shows what is ours, not the designer.
 */
import { defaultValues, isVisible, requirement } from './requirements';
import type { TaskInput, TaskManifest } from './taskManifest';
import { breakLines, cutToWidth, markdownRuns, type Run } from './textLines';

const colours = {
  text: '#1c2330',
  quiet: '#5d6675',
  line: '#b9c0cc',
  back: '#f5f6f8',
  accent: '#0b57b4',
  star: '#b3261e',
};
const edge = 24;
const fieldWidth = 400;
const helpWidth = 392;

/** What is drawn so far, from the top down. */
class Drawing {
  private readonly parts: string[] = [];
  y = edge;

  constructor(readonly width: number) {}

  text(x: number, y: number, runs: Run[] | string, attributes = ''): void {
    const content = typeof runs === 'string' ? escapeXml(runs) : runs.map(span).join('');
    this.parts.push(`<text x="${x}" y="${y}"${attributes && ` ${attributes}`}>${content}</text>`);
  }

  shape(element: string): void {
    this.parts.push(element);
  }

  /** Lines of text from a height on; gives the height below them. */
  lines(x: number, y: number, runs: Run[], width: number, attributes: string): number {
    const lines = breakLines(runs, 12, width);
    lines.forEach((line, index) => this.text(x, y + 12 + index * 16, line, attributes));
    return y + lines.length * 16;
  }

  svg(title: string): string {
    const height = Math.round(this.y + edge);
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${this.width} ${height}" width="${this.width}" height="${height}" role="img" font-family="'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif" font-size="13" fill="${colours.text}">`,
      `<title>${escapeXml(title)}</title>`,
      `<rect width="${this.width}" height="${height}" fill="#ffffff"/>`,
      ...this.parts,
      '</svg>\n',
    ].join('\n');
  }
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function span({ text, kind }: Run): string {
  if (kind === 'plain') return escapeXml(text);
  return `<tspan fill="${kind === 'code' ? colours.accent : colours.star}">${escapeXml(text)}</tspan>`;
}

const quiet = `font-size="12" fill="${colours.quiet}"`;

/** Only what the designer itself marks: a red star stands for `required`. */
const isMarked = ({ required, defaultValue }: TaskInput): boolean => required === true && !defaultValue;

function head(drawing: Drawing, task: TaskManifest, caption: string): void {
  drawing.y = drawing.lines(edge, drawing.y, [{ text: caption, kind: 'plain' }], drawing.width - 2 * edge, quiet) + 12;
  drawing.text(edge, drawing.y + 16, task.friendlyName, 'font-size="18" font-weight="bold"');
  drawing.y += 28;
  const description = [{ text: task.description, kind: 'plain' as const }];
  drawing.y = drawing.lines(edge, drawing.y, description, drawing.width - 2 * edge, quiet) + 14;
}

/** What stands in the field before anything is typed. */
function shownValue({ defaultValue, options, type }: TaskInput): string {
  if (type.startsWith('connectedService:')) return '';
  const value = String(defaultValue ?? '');
  return options?.[value] ?? value;
}

const isList = ({ type }: TaskInput): boolean => type === 'pickList' || type.startsWith('connectedService:');

/** The box of an input at the drawing's height, with what it holds. */
function field(drawing: Drawing, input: TaskInput): void {
  const top = drawing.y;
  const rows = input.type === 'multiLine' ? Number(input.properties?.rows ?? 2) : 1;
  const height = 12 + rows * 17;
  drawing.shape(
    `<rect x="${edge}" y="${top}" width="${fieldWidth}" height="${height}" rx="3" fill="#ffffff" stroke="${colours.line}"/>`,
  );
  shownValue(input)
    .split('\n')
    .slice(0, rows)
    .filter((line) => line !== '')
    .forEach((line, index) => drawing.text(edge + 9, top + 19 + index * 17, cutToWidth(line, 13, fieldWidth - 40)));
  const right = edge + fieldWidth;
  if (isList(input)) {
    drawing.shape(
      `<path d="M${right - 20} ${top + 12}l5 5l5 -5" fill="none" stroke="${colours.quiet}" stroke-width="1.5"/>`,
    );
  }
  if (input.type === 'filePath') drawing.text(right - 24, top + 18, '...', `fill="${colours.quiet}"`);
  drawing.y += height;
}

function checkbox(drawing: Drawing, { defaultValue, label }: TaskInput): void {
  const top = drawing.y;
  drawing.shape(`<rect x="${edge}" y="${top}" width="15" height="15" rx="2" fill="#ffffff" stroke="${colours.line}"/>`);
  if (String(defaultValue) === 'true') {
    drawing.shape(
      `<path d="M${edge + 3} ${top + 8}l3.5 3.5l6 -7.5" fill="none" stroke="${colours.accent}" stroke-width="2"/>`,
    );
  }
  drawing.text(edge + 23, top + 12, label);
  drawing.y += 18;
}

/** One input: label, star, box; with its help at its right and its choices below where all is drawn. */
function inputRow(drawing: Drawing, task: TaskManifest, input: TaskInput, everything: boolean): void {
  const top = drawing.y;
  if (everything && input.visibleRule) {
    drawing.text(edge, drawing.y + 11, `when ${input.visibleRule}`, `font-size="11" fill="${colours.accent}"`);
    drawing.y += 16;
  }
  if (input.type === 'boolean') checkbox(drawing, input);
  else {
    const star: Run[] = isMarked(input) ? [{ text: ' *', kind: 'star' }] : [];
    drawing.text(edge, drawing.y + 11, [{ text: input.label, kind: 'plain' }, ...star]);
    drawing.y += 18;
    field(drawing, input);
  }
  if (everything) {
    drawing.y = Math.max(choices(drawing, input), help(drawing, task, input, top));
  }
  drawing.y += 14;
}

/** The values of a list that are fixed; gives the height below them. */
function choices(drawing: Drawing, { options }: TaskInput): number {
  const labels = Object.values(options ?? {});
  labels.forEach((label, index) => drawing.text(edge + 9, drawing.y + 17 + index * 16, `- ${label}`, quiet));
  return drawing.y + (labels.length > 0 ? 6 + labels.length * 16 : 0);
}

function help(drawing: Drawing, task: TaskManifest, input: TaskInput, top: number): number {
  const needs = isMarked(input) ? undefined : requirement(task, input);
  const words = needs?.replace(/\*\*/g, '').replace(/^r/, 'R');
  const runs = markdownRuns([words && `${words}.`, input.helpMarkDown].filter(Boolean).join(' '));
  return drawing.lines(2 * edge + fieldWidth, top, runs, helpWidth, quiet);
}

function groupHeading(drawing: Drawing, name: string, isOpen: boolean, note: string): void {
  const top = drawing.y;
  drawing.shape(
    `<rect x="${edge}" y="${top}" width="${drawing.width - 2 * edge}" height="28" fill="${colours.back}"/>`,
  );
  const arrow = isOpen ? 'l5 5l5 -5' : 'm3 -3l5 5l-5 5';
  drawing.shape(
    `<path d="M${edge + 8} ${top + 12}${arrow}" fill="none" stroke="${colours.quiet}" stroke-width="1.5"/>`,
  );
  drawing.text(edge + 28, top + 19, name, 'font-weight="bold"');
  if (note) drawing.text(drawing.width - edge - 8, top + 18, note, `text-anchor="end" ${quiet}`);
  drawing.y += 40;
}

function body(drawing: Drawing, task: TaskManifest, everything: boolean): void {
  const values = defaultValues(task);
  const shown = (inputs: TaskInput[]): TaskInput[] =>
    everything ? inputs : inputs.filter((input) => isVisible(input, values));
  for (const input of shown(task.inputs.filter(({ groupName }) => !groupName))) {
    inputRow(drawing, task, input, everything);
  }
  for (const { name, displayName, isExpanded = false } of task.groups ?? []) {
    const inputs = shown(task.inputs.filter(({ groupName }) => groupName === name));
    if (inputs.length === 0) continue;
    groupHeading(drawing, displayName, everything || isExpanded, everything && !isExpanded ? 'closed at first' : '');
    if (everything || isExpanded) for (const input of inputs) inputRow(drawing, task, input, everything);
  }
}

/** Where the drawings of a task's form lie, relative to its page. */
export const formFiles = (folder: string): { atFirst: string; whole: string } => ({
  atFirst: `pictures/${folder}.svg`,
  whole: `pictures/${folder}-whole.svg`,
});

/** The form as it opens, before anything is chosen. */
export function formAtFirst(task: TaskManifest): string {
  const drawing = new Drawing(2 * edge + fieldWidth);
  head(drawing, task, 'Preview of the form as it opens, drawn from task.json. A red star marks what must be given.');
  body(drawing, task, false);
  return drawing.svg(`Preview of the form of ${task.name} as it opens`);
}

/** The whole form: every group open, with the inputs that a choice brings, and the help of each. */
export function wholeForm(task: TaskManifest): string {
  const drawing = new Drawing(3 * edge + fieldWidth + helpWidth);
  head(
    drawing,
    task,
    'Preview of the whole form, drawn from task.json: every group open, every choice, and the help of each input.',
  );
  body(drawing, task, true);
  return drawing.svg(`Preview of the whole form of ${task.name}`);
}
