import type { BaseImage } from '../../engine/engine';
import { formatImageReference, parseImageReference } from '../../engine/imageReference';
import type { OutputImage } from '../taskRun';

/** Fills in the run's own variables and the registry. */
export function resolveName(name: string, run: Readonly<Record<string, string>>, server: string): string {
  const filled = name.replace(
    /\{\{\s*\.Run\.(ID|Registry|Date)\s*\}\}/g,
    (_whole, variable: string) => run[variable] ?? '',
  );
  return formatImageReference(parseImageReference(filled.startsWith(`${server}/`) ? filled : `${server}/${filled}`));
}

/** The lines by which ACR says what an image that it pushed was made of. */
export function dependency(output: OutputImage, baseImages: readonly BaseImage[]): string {
  const lines = (
    kind: string,
    image: { registry: string; repository: string; tag?: string; digest?: string },
  ): string[] => [
    `  ${kind}:`,
    `    registry: ${image.registry}`,
    `    repository: ${image.repository}`,
    ...(image.tag ? [`    tag: "${image.tag}"`] : []),
    ...(image.digest ? [`    digest: ${image.digest}`] : []),
  ];
  const [runtime, ...buildTime] = [...baseImages].reverse();
  const text = [
    ...lines('image', output),
    ...(runtime ? lines('runtime-dependency', runtime) : []),
    ...buildTime.flatMap((image) => lines('buildtime-dependency', image)),
    '  git: {}',
  ];
  return `-${text.join('\n').slice(1)}\n`;
}
