import type { RegisteredModel } from '../common/azure/ml/models';
import { inlineCode, markdownTable } from '../common/markdown';
import type { ObtainedImage } from './build/obtainImage';
import type { ImageSection } from '../common/record/record';

/** The Markdown section on the run's page. */
export function imageSummary(
  model: RegisteredModel,
  image: ImageSection,
  { components, selfTest }: Pick<ObtainedImage, 'components' | 'selfTest'>,
): string {
  const rows: string[][] = [
    ['Model', `${inlineCode(model.name)} version ${inlineCode(model.version)}`],
    ['Image', inlineCode(image.reference)],
    ['Tags', image.tags.map(inlineCode).join(' ')],
    ['Built', image.built ? 'now' : 'before: nothing changed, so the image was used again'],
  ];
  rows.push(['Self-test', toldOf(selfTest)]);
  if (image.baseImage) rows.push(['Base image', inlineCode(image.baseImage)]);
  if (components !== undefined)
    rows.push(['Installed', `${components} components, listed in ${inlineCode('sbom.cdx.json')}`]);
  if (image.environmentId) rows.push(['Environment', inlineCode(image.environmentId)]);
  return `### Scoring image\n\n${markdownTable([{ title: '' }, { title: '' }], rows)}\n`;
}

function toldOf(selfTest: ObtainedImage['selfTest']): string {
  if (selfTest === 'off') return 'none: the input selfTest is off';
  if (selfTest === 'earlier') return 'not repeated: the log of the run that first built this content says how it ended';
  // It stems from the build's log.
  return `${selfTest.kind === 'passed' ? 'passed' : 'not tested'}: ${inlineCode(selfTest.text)}`;
}
