import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './taskManifest';

/** A pipeline, or a piece of one, that the project shows to its users. */
export interface ShownPipeline {
  /** Path relative to the root, with the line where it begins. */
  place: string;
  /** A whole pipeline: a piece is wrapped into what it needs around it. */
  text: string;
}

const pipelineKeys =
  /^(trigger|pr|schedules|pool|variables|parameters|resources|stages|jobs|steps|extends|name|lockBehavior):/m;
const listKeys: Array<[string, RegExp]> = [
  ['stages', /^- stage:/m],
  ['jobs', /^- (job|deployment):/m],
  ['steps', /^- (task|script|bash|pwsh|powershell|checkout|download|publish|template):/m],
];

function asPipeline(text: string): string | undefined {
  const list = listKeys.find(([, pattern]) => pattern.test(text));
  if (list) return `${list[0]}:\n${text}`;
  return pipelineKeys.test(text) ? text : undefined;
}

/**
 * The pipelines in a Markdown file: its blocks that are fenced with `yaml`. A block of other YAML carries a file name
 * after that word (```` ```yaml conda.yml ````).
 * @throws Error for a block that is neither
 */
export function pipelinesIn(markdown: string, place: string): ShownPipeline[] {
  return [...markdown.matchAll(/^( *)```yaml([^\n]*)\n(.*?)^ *```/gms)].flatMap((match) => {
    const [, indentation, title, block] = match as unknown as [string, string, string, string];
    if (title.trim() !== '') return [];
    const line = markdown.slice(0, match.index).split('\n').length;
    const text = asPipeline(block.replaceAll(new RegExp(`^ {0,${indentation.length}}`, 'gm'), ''));
    if (text === undefined)
      throw new Error(
        `${place}:${line}: this block is not a pipeline; if it is meant to be other YAML, name its file.`,
      );
    return [{ place: `${place}:${line}`, text }];
  });
}

function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => pattern.test(file))
    .map((file) => join(root, folder, file))
    .sort();
}

/** The project's own pipeline, and every one in the read-me files, the documentation and the examples. */
export function shownPipelines(): ShownPipeline[] {
  const markdown = [
    join(root, 'README.md'),
    join(root, 'CONTRIBUTING.md'),
    ...filesBelow('docs', /\.md$/),
    ...filesBelow('examples', /\.md$/),
  ];
  return [
    ...markdown.flatMap((file) => pipelinesIn(readFileSync(file, 'utf8'), relative(root, file))),
    ...[
      join(root, 'azure-pipelines.yml'),
      join(root, '.pipelines', 'mutation.yml'),
      ...filesBelow('examples', /(azure-pipelines[^/]*|pipelines\/[^/]+)\.ya?ml$/),
    ].map((file) => ({
      place: relative(root, file),
      text: readFileSync(file, 'utf8'),
    })),
  ];
}
