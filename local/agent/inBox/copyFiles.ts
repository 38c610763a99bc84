import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { filesIn, match } from './filePatterns';
import { inBoxTask } from './inBoxTask';

export const copyFiles = inBoxTask({
  id: '5bfb729a-a7c8-4a78-a7c3-8d717bb7c13c',
  name: 'CopyFiles',
  version: 2,
  description: 'Copies files by patterns.',
  inputs: [
    { name: 'SourceFolder', type: 'filePath' },
    { name: 'Contents', defaultValue: '**', required: true },
    { name: 'TargetFolder', required: true },
    { name: 'CleanTargetFolder', defaultValue: 'false' },
    { name: 'OverWrite', defaultValue: 'false' },
    { name: 'flattenFolders', defaultValue: 'false' },
    { name: 'preserveTimestamp', defaultValue: 'false' },
    { name: 'retryCount', defaultValue: '0' },
    { name: 'delayBetweenRetries', defaultValue: '1000' },
    { name: 'ignoreMakeDirErrors', defaultValue: 'false' },
  ],
  async run({ context, inputs, folder }) {
    const source = inputs.text('SourceFolder');
    if (!existsSync(source)) throw new Error(`Input SourceFolder: the folder ${source} does not exist.`);
    const target = path.resolve(folder, inputs.text('TargetFolder'));
    const files = match(filesIn(source), inputs.lines('Contents'), source);
    context.write(`found ${files.length} files`);
    if (files.length === 0) return;
    if (inputs.flag('CleanTargetFolder') && existsSync(target)) {
      for (const name of readdirSync(target)) rmSync(path.join(target, name), { recursive: true, force: true });
    }
    for (const file of files) {
      const name = inputs.flag('flattenFolders') ? path.basename(file) : path.relative(source, file);
      const copy = path.join(target, name);
      if (existsSync(copy) && !inputs.flag('OverWrite')) {
        context.write(`File ${copy} already exist.`);
        continue;
      }
      mkdirSync(path.dirname(copy), { recursive: true });
      // A target that is read-only is made writable first.
      if (existsSync(copy)) chmodSync(copy, statSync(copy).mode | 0o200);
      copyFileSync(file, copy);
      const { atime, mtime } = statSync(file);
      if (inputs.flag('preserveTimestamp')) utimesSync(copy, atime, mtime);
      context.write(`Copying ${file} to ${copy}`);
    }
  },
});
