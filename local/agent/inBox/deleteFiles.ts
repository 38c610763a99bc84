import { existsSync, rmSync } from 'node:fs';
import { match, pathsIn } from './filePatterns';
import { inBoxTask } from './inBoxTask';

export const deleteFiles = inBoxTask({
  id: 'b7e8b412-0437-4065-9371-edc5881de25b',
  name: 'DeleteFiles',
  version: 1,
  description: 'Deletes files and folders by patterns.',
  inputs: [
    { name: 'SourceFolder', type: 'filePath' },
    { name: 'Contents', defaultValue: 'myFileShare', required: true },
    { name: 'RemoveSourceFolder', defaultValue: 'false' },
    { name: 'RemoveDotFiles', defaultValue: 'false' },
  ],
  async run({ context, inputs }) {
    const source = inputs.text('SourceFolder');
    const all = pathsIn(source);
    const chosen = match(all, inputs.lines('Contents'), source, { dot: inputs.flag('RemoveDotFiles') });
    // A folder goes with all that is in it, unless a pattern keeps something there.
    const kept = all.filter((file) => !chosen.includes(file));
    const isKept = (file: string): boolean =>
      inputs.lines('Contents').some((pattern) => pattern.startsWith('!')) &&
      kept.some((other) => other.startsWith(`${file}/`));
    const doomed = chosen.filter((file) => !isKept(file)).sort((a, b) => b.length - a.length);
    for (const file of doomed) rmSync(file, { recursive: true, force: true });
    context.write(`Deleted ${doomed.length} files and folders in ${source}`);
    if (inputs.flag('RemoveSourceFolder') && existsSync(source) && pathsIn(source).length === 1) {
      rmSync(source, { recursive: true });
    }
  },
});
