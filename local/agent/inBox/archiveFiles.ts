import { createWriteStream, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { inBoxTask } from './inBoxTask';

export const archiveFiles = inBoxTask({
  id: 'd8b84976-e99a-4b86-b885-4849694435b0',
  name: 'ArchiveFiles',
  version: 2,
  description: 'Packs a folder or a file into an archive: zip, tar or tar.gz.',
  inputs: [
    { name: 'rootFolderOrFile', type: 'filePath', defaultValue: '$(Build.BinariesDirectory)', required: true },
    { name: 'includeRootFolder', defaultValue: 'true' },
    { name: 'archiveType', defaultValue: 'zip' },
    { name: 'sevenZipCompression' },
    { name: 'tarCompression', defaultValue: 'gz' },
    {
      name: 'archiveFile',
      type: 'filePath',
      defaultValue: '$(Build.ArtifactStagingDirectory)/$(Build.BuildId).zip',
      required: true,
    },
    { name: 'replaceExistingArchive', defaultValue: 'true' },
    { name: 'verbose' },
    { name: 'quiet' },
  ],
  refusal(inputs) {
    if (!['zip', 'tar'].includes(inputs.text('archiveType').toLowerCase())) {
      return `archives of type ${inputs.text('archiveType')} cannot be made here; zip and tar can.`;
    }
    const compression = inputs.text('tarCompression').toLowerCase();
    return inputs.is('archiveType', 'tar') && !['gz', 'none'].includes(compression)
      ? `the compression ${compression} is not here; gz and none are.`
      : undefined;
  },
  async run({ context, inputs }) {
    const source = inputs.text('rootFolderOrFile');
    const target = inputs.text('archiveFile');
    if (!existsSync(source)) throw new Error(`Input rootFolderOrFile: ${source} does not exist.`);
    if (existsSync(target)) {
      if (!inputs.flag('replaceExistingArchive')) throw new Error(`Input archiveFile: ${target} exists already.`);
      rmSync(target, { recursive: true });
    }
    mkdirSync(path.dirname(target), { recursive: true });
    const { default: archiver } = await import('archiver');
    const isZip = inputs.is('archiveType', 'zip');
    const archive = archiver(isZip ? 'zip' : 'tar', { gzip: !isZip && inputs.is('tarCompression', 'gz') });
    if (!statSync(source).isDirectory()) archive.file(source, { name: path.basename(source) });
    else archive.directory(source, inputs.flag('includeRootFolder') && path.basename(source));
    await Promise.all([archive.finalize(), pipeline(archive, createWriteStream(target))]);
    context.write(`Packed ${source} into ${target} (${statSync(target).size} bytes)`);
  },
});
