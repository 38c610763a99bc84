import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The headings under which people describe a model, with what belongs there as comments: the guide's own file. */
const skeleton = path.join(__dirname, '..', '..', 'examples', 'model-card.md');

/** The text for people to fill in, under the model's name. */
export function modelCardText(modelName: string): string {
  return readFileSync(skeleton, 'utf8').replace('# Name of the model', () => `# ${modelName}`);
}
