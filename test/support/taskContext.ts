import type { Pipeline } from '../../tasks/common/pipeline';
import type { Publisher } from '../../tasks/common/task/publisher';
import type { TaskContext } from '../../tasks/common/task/taskContext';

/** What a stage has published and left, in the order in which it did. */
export interface Traces {
  readonly lines: string[];
  readonly warnings: string[];
  readonly summaries: Array<readonly [title: string, markdown: string]>;
  /** What was registered as a secret. */
  readonly secrets: string[];
  readonly jobSecrets: Map<string, string>;
  readonly state: Map<string, string>;
}

export function buildPipeline(directory: string): Pipeline {
  return {
    hostType: 'build',
    collectionUri: 'https://dev.azure.com/example/',
    project: 'p',
    projectId: 'project-1',
    build: { id: '42', number: '20260101.1', definition: 'quickstart', url: 'https://dev.azure.com/example/build/42' },
    stage: { name: 's', attempt: 1 },
    job: { id: 'j', name: 'j', attempt: 1 },
    taskInstanceId: 'instance-1',
    step: 'step',
    planId: 'plan-1',
    directories: { work: directory, temp: directory, staging: directory, artifacts: [] },
    server: () => undefined,
  };
}

/** A whole context in a folder of its own, and what a stage leaves in it. No session is given out: doubles stand for Azure. */
export function taskContext(
  directory: string,
  changes: Partial<TaskContext> = {},
): { readonly context: TaskContext; readonly traces: Traces } {
  const traces: Traces = {
    lines: [],
    warnings: [],
    summaries: [],
    secrets: [],
    jobSecrets: new Map(),
    state: new Map(),
  };
  const say = (text: string) => void traces.lines.push(text);
  const nothing = () => undefined;
  const publish: Publisher = {
    summary: (title, markdown) => void traces.summaries.push([title, markdown]),
    testResults: nothing,
    picture: nothing,
    record: nothing,
    imageContents: nothing,
    artifact: nothing,
    buildTag: () => Promise.resolve(true),
  };
  const context: TaskContext = {
    log: {
      info: say,
      debug: nothing,
      warning: (text) => void traces.warnings.push(text),
      error: say,
      group: say,
      endGroup: nothing,
      progress: nothing,
      taken: () => Promise.resolve(),
    },
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    signal: new AbortController().signal,
    pipeline: buildPipeline(directory),
    publish,
    state: { get: (name) => traces.state.get(name), set: (name, value) => void traces.state.set(name, value) },
    network: {},
    jobSecrets: { get: nothing, set: (name, value) => void traces.jobSecrets.set(name, value.reveal()) },
    azure: () => {
      throw new Error('This context has no Azure.');
    },
    secret: (value) => void traces.secrets.push(value.reveal()),
    ...changes,
  };
  return { context, traces };
}
