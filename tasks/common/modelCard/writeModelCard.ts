import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ModelRecord } from '../record/record';
import { cardHtml } from './cardHtml';
import { cardMarkdown } from './cardMarkdown';
import { modelCard } from './modelCard';
import { visibleJson } from './yamlText';

export const modelCardFiles = { markdown: 'model-card.md', html: 'model-card.html', json: 'model-card.json' } as const;

/**
 * Writes the model card in its three forms beside the record, each whole or not at all.
 * @returns the files; none where the record knows no model
 */
export function writeModelCard(directory: string, record: ModelRecord): string[] {
  const card = modelCard(record);
  if (!card) {
    // Whatever card lies there is not of this record.
    for (const name of Object.values(modelCardFiles)) fs.rmSync(path.join(directory, name), { force: true });
    return [];
  }
  const texts: ReadonlyArray<readonly [string, string]> = [
    [modelCardFiles.markdown, cardMarkdown(card)],
    [modelCardFiles.html, cardHtml(card)],
    [modelCardFiles.json, `${visibleJson(card, 2)}\n`],
  ];
  return texts.map(([name, text]) => {
    const file = path.join(directory, name);
    const temporary = `${file}.${process.pid}.tmp`;
    fs.writeFileSync(temporary, text);
    fs.renameSync(temporary, file);
    return file;
  });
}
