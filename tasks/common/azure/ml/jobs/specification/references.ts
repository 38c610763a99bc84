import { isMapping, type Note } from './checkedShape';
import type { YamlPath } from './yamlSource';

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Checks that whatever a job or component uses by name is there: `${{inputs.x}}`, `${{outputs.x}}` and
 * `${{search_space.x}}` in a command, `${{parent.…}}` in the nodes of a pipeline.
 */
export function checkReferences(job: Mapping, note: Note): void {
  checkProgram(job, [], note);
  if (!isMapping(job.jobs)) return;
  for (const [name, node] of Object.entries(job.jobs)) {
    if (!isMapping(node)) continue;
    const at = ['jobs', name];
    checkProgram(node, at, note);
    if (isMapping(node.component)) checkProgram(node.component, [...at, 'component'], note);
    checkBindings(node, at, job, note);
  }
}

function checkProgram(job: Mapping, at: YamlPath, note: Note): void {
  const isTrial = isMapping(job.trial);
  const { command } = isTrial ? (job.trial as Mapping) : job;
  if (typeof command !== 'string') return;
  // What stands in $[[ ]] is left out where its input has no value.
  const always = command.replace(/\$\[\[.*?\]\]/gs, '');
  for (const [, kind, name] of always.matchAll(/\$\{\{\s*(inputs|outputs|search_space)\.([\w-]+)/g)) {
    if (has(job[kind!], name!)) continue;
    const place = isTrial ? [...at, 'trial', 'command'] : [...at, 'command'];
    note(place, `it uses \${{${kind}.${name}}}, but there is no "${name}" under ${kind}.`);
  }
}

function checkBindings(node: Mapping, at: YamlPath, pipeline: Mapping, note: Note): void {
  for (const kind of ['inputs', 'outputs'] as const) {
    if (!isMapping(node[kind])) continue;
    for (const [name, value] of Object.entries(node[kind])) {
      const text = isMapping(value) ? value.path : value;
      if (typeof text !== 'string') continue;
      for (const [, where, first, output] of text.matchAll(
        /\$\{\{\s*parent\.(inputs|outputs|jobs)\.([\w-]+)(?:\.outputs\.([\w-]+))?/g,
      )) {
        const missing = missingTarget(pipeline, where!, first!, output);
        if (missing) note([...at, kind, name], missing);
      }
    }
  }
}

function missingTarget(pipeline: Mapping, where: string, first: string, output: string | undefined) {
  if (!has(pipeline[where], first)) {
    const what = where === 'jobs' ? 'node' : where.slice(0, -1);
    return `the pipeline has no ${what} "${first}".`;
  }
  if (where !== 'jobs' || output === undefined) return undefined;
  const target = (pipeline.jobs as Mapping)[first] as Mapping;
  // What a component that stands elsewhere hands out is known there.
  if (typeof target.component === 'string' || typeof target.trial === 'string') return undefined;
  const declared = [target.outputs, isMapping(target.component) ? target.component.outputs : undefined];
  return declared.some((each) => has(each, output)) ? undefined : `the node "${first}" has no output "${output}".`;
}

function has(values: unknown, name: string): boolean {
  return isMapping(values) && Object.hasOwn(values, name);
}
