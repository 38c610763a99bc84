import * as fs from 'node:fs';
import * as path from 'node:path';
import { confusionMatrixChart, confusionMatrixTable, type ConfusionMatrix } from '../common/charts/confusionMatrix';
import { residualPlot } from '../common/charts/residualPlot';
import { escapeMarkdown } from '../common/markdown';
import { nameOf } from './confidence/predictionColumns';
import { GrowingArray } from './confidence/growingArray';
import { layOut } from './confidence/fileLayout';
import { readRows, RowsUnreadable } from './confidence/rowReader';
import type { JobFiles } from './jobFiles';

/** What an evaluation shows beside its table. */
export interface Plots {
  /** Markdown sections for the summary. */
  readonly markdown: readonly string[];
  /** Pictures to attach: drawn here, or as the job logged them. */
  readonly pictures: readonly Picture[];
}

export interface Picture {
  readonly name: string;
  readonly content: string | Buffer;
}

/** More classes than this make no readable matrix, and are rather numbers. */
const mostClasses = 20;
/** A job may log many pictures; these are those that tell a model's quality. */
const loggedPictures = /(^|\/)[^/]*(confusion|residual|roc|calibration)[^/]*\.(png|jpe?g)$/i;
const mostPictures = 6;
/** Bytes. What a job calls so and is bigger is something else. */
const largestPicture = 10 * 1024 * 1024;
const largestMatrix = 1024 * 1024;

/** The confusion matrix or residual plot of the candidate, from what its job logged. */
export async function readPlots(files: JobFiles, signal: AbortSignal): Promise<Plots> {
  const pictures: Picture[] = [];
  for (const name of (await files.find((each) => loggedPictures.test(each))).slice(0, mostPictures)) {
    const file = await files.download(name);
    if (file && fs.statSync(file).size <= largestPicture)
      pictures.push({ name: fileNameOf(name), content: fs.readFileSync(file) });
  }
  const logged = (await files.find((name) => path.posix.basename(name) === 'confusion_matrix.json'))[0];
  const matrixFile = logged && (await files.download(logged));
  const isMatrix = matrixFile && fs.statSync(matrixFile).size <= largestMatrix;
  const matrix = isMatrix ? parseMatrix(fs.readFileSync(matrixFile, 'utf8')) : undefined;
  if (matrix) return withMatrix(matrix, pictures);

  const predictions = await files.predictions();
  if (!predictions) return { markdown: [], pictures };
  const drawn = await outcomesOf(predictions, signal);
  if (!drawn) return { markdown: [], pictures };
  if ('labels' in drawn) return withMatrix(drawn, pictures);
  const svg = residualPlot('Residuals of the candidate', drawn.truth, drawn.predicted);
  return { markdown: [], pictures: [...pictures, { name: 'residuals.svg', content: svg }] };
}

/** A job may give its files any name; on Windows a backslash or a colon in it would lead out of the folder. */
function fileNameOf(artifact: string): string {
  return path.posix.basename(artifact).replace(/[^\p{L}\p{N} ._()-]/gu, '_');
}

function withMatrix(matrix: ConfusionMatrix, pictures: readonly Picture[]): Plots {
  const title = 'Confusion matrix of the candidate';
  return {
    markdown: [`### ${escapeMarkdown(title)}\n\n${confusionMatrixTable(matrix)}`],
    pictures: [...pictures, { name: 'confusion-matrix.svg', content: confusionMatrixChart(title, matrix) }],
  };
}

/** `{"labels": […], "counts": [[…]]}` (or "matrix"), rows being the truth; undefined if it is anything else. */
export function parseMatrix(text: string): ConfusionMatrix | undefined {
  try {
    const { labels, counts, matrix } = JSON.parse(text) as Record<string, unknown>;
    const rows = (counts ?? matrix) as number[][];
    const names = (labels as unknown[]).map(String);
    const isCount = (value: unknown) => typeof value === 'number' && value >= 0;
    const fits =
      names.length > 0 &&
      names.length <= mostClasses &&
      rows.length === names.length &&
      rows.every((row) => row.length === names.length && row.every(isCount));
    return fits ? { labels: names, counts: rows } : undefined;
  } catch {
    return undefined;
  }
}

type Outcomes = ConfusionMatrix | { readonly truth: Float64Array; readonly predicted: Float64Array };

/** Few classes make a matrix, numbers a cloud of residuals; undefined where the file has neither. */
async function outcomesOf(file: string, signal: AbortSignal): Promise<Outcomes | undefined> {
  const [truth, predicted] = [new GrowingArray(), new GrowingArray()];
  const cells = new Map<string, number>();
  const classes = new Set<string>();
  let numeric = true;
  const onRow = ([label = '', prediction = '']: readonly (string | undefined)[]) => {
    if (classes.size <= mostClasses) {
      classes.add(label).add(prediction);
      const cell = JSON.stringify([label, prediction]);
      cells.set(cell, (cells.get(cell) ?? 0) + 1);
    }
    if (!numeric) return;
    const pair = [Number(label), Number(prediction)] as const;
    numeric = label !== '' && prediction !== '' && pair.every(Number.isFinite);
    truth.push(pair[0]);
    predicted.push(pair[1]);
  };
  try {
    const { columns, parts } = await layOut(file, signal);
    const [label, prediction] = [nameOf({ role: 'label' }, columns), nameOf({ role: 'prediction' }, columns)];
    if (label === undefined || prediction === undefined) return undefined;
    for (const part of parts) await readRows(file, part, columns, [label, prediction], onRow, signal);
  } catch (error) {
    // A plot is a courtesy: a file that cannot be drawn is left out, here as where a criterion judges by it and says why.
    if (error instanceof RowsUnreadable) return undefined;
    throw error;
  }
  if (classes.size <= mostClasses && classes.size > 0) {
    const labels = [...classes].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
    const counts = labels.map((label) => labels.map((other) => cells.get(JSON.stringify([label, other])) ?? 0));
    return { labels, counts };
  }
  return numeric && truth.length > 0 ? { truth: truth.toArray(), predicted: predicted.toArray() } : undefined;
}
