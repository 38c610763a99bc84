import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { cardMarkdown } from '../../tasks/common/modelCard/cardMarkdown';
import { modelCard } from '../../tasks/common/modelCard/modelCard';
import { exampleRecord, writtenCard } from '../unit/common/modelCard/exampleRecord';
import { pythonWith } from './installation';
import type { Client, World } from './world';

const written = ['---', 'license: mit', 'pipeline_tag: tabular-regression', '---', '# Intended use', 'To try.'].join(
  '\n',
);
const record = exampleRecord({
  evaluation: { modelCard: writtenCard(written), metrics: { rmse: 2.5, 'rmse.region.eu': 2, 'rmse.region.us': 3 } },
});
/** Each metric, of all rows or of a slice, as the library tells them. */
const expected = {
  name: record.model!.name,
  license: 'mit',
  results: [
    ['rmse', null, 2.5, 'tabular-regression'],
    ['rmse', 'region=eu', 2, 'tabular-regression'],
    ['rmse', 'region=us', 3, 'tabular-regression'],
  ],
};

/** The library of the Hugging Face hub: it must find in a model card's metadata what the record says. */
export const modelCardReader: Client = {
  name: 'huggingface_hub',
  version: '2.4.0',
  install: () => pythonWith('requirements-hugging-face.txt'),
  run: async ({ execute }: World, python) => {
    const folder = mkdtempSync(join(tmpdir(), 'model-card-'));
    try {
      const file = join(folder, 'model-card.md');
      writeFileSync(file, cardMarkdown(modelCard(record)!));
      const { output } = await execute(python, [join(__dirname, 'python', 'hugging_face_card.py'), file]);
      const found = output.split('\n').find((line) => line.startsWith('{'));
      const isRight = found !== undefined && isDeepStrictEqual(JSON.parse(found), expected);
      return [{ operation: 'read a model card', outcome: isRight ? 'right' : 'wrong', detail: output.slice(-500) }];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
