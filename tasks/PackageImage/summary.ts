import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { inlineCode, linksLine, markdownTable } from '../common/markdown';
import type { Place } from '../common/record/places';
import type { ObtainedImage } from './build/obtainImage';
import type { ImageSection, SelfTestResult } from '../common/record/record';

/** The Markdown section on the run's page. */
export function imageSummary(
  model: RegisteredModel,
  image: ImageSection,
  { sbom, selfTest }: Pick<ObtainedImage, 'sbom' | 'selfTest'>,
  places: readonly Place[] = [],
): string {
  const rows: string[][] = [
    ['Model', `${inlineCode(model.name)} version ${inlineCode(model.version)}`],
    ['Image', inlineCode(image.reference)],
    ['Tags', image.tags.map(inlineCode).join(' ')],
    ['Built', image.built ? 'now' : 'before: nothing changed, so the image was used again'],
  ];
  rows.push(['Self-test', toldOf(selfTest, image.built)]);
  if (image.attestations) rows.push(['Signed by', inlineCode(image.attestations.signer)]);
  if (image.baseImage) rows.push(['Base image', inlineCode(image.baseImage)]);
  if (sbom !== undefined)
    rows.push(['Installed', `${sbom.components} components, listed in ${inlineCode('sbom.cdx.json')}`]);
  if (image.environmentId) rows.push(['Environment', inlineCode(image.environmentId)]);
  const links = places.length > 0 ? `\n${linksLine(places)}\n` : '';
  return `${markdownTable([{ title: 'Scoring image' }, { title: '' }], rows)}\n${links}`;
}

function toldOf({ outcome, text, build }: SelfTestResult, isNew: boolean): string {
  const when = isNew ? '' : build ? ` in the build ${inlineCode(build)}, which made it` : ' in the build that made it';
  if (outcome === 'unknown')
    return `not repeated${isNew ? '' : ', and the image does not say how it ended'}: see the log of the run that built it`;
  if (outcome === 'off') return `none${when}: the input selfTest ${isNew ? 'is' : 'was'} off`;
  // It stems from the build's log.
  return `${outcome === 'passed' ? 'passed' : 'not tested'}${when}: ${inlineCode(text ?? '')}`;
}
