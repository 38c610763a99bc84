import { expandMacros } from '../variables';

/** `execution.HttpRequest.Execute` of a task.json. Source: azure-pipelines-tasks, docs/authoring/servertaskauthoring.md. */
export interface RequestTemplate {
  EndpointId: string;
  EndpointUrl: string;
  Method: string;
  Body: string;
  /** JSON. */
  Headers: string;
  /** `true`: the task ends when somebody says so to Azure DevOps, and not with the answer. */
  WaitForCompletion: string;
  /** What must be true of the answer; empty: nothing. */
  Expression: string;
}

/**
 * Puts inputs, variables and the connection's data into a template, as the server does: first every `$(name)`, then what
 * Mustache says. An unknown `$(name)` stays as it is; an unknown `{{name}}` is empty.
 * @param lookup without case: an input, a variable, or `endpoint.` and a field of the connection
 */
export function expandTemplate(text: string, lookup: (name: string) => string | undefined): string {
  const blocks = expandMacros(text, lookup).replace(
    /\{\{#(if|unless) ([\w.]+)\}\}(.*?)\{\{\/\1\}\}/gs,
    (_, helper: string, name: string, body: string) => (Boolean(lookup(name)) === (helper === 'if') ? body : ''),
  );
  return blocks.replace(/\{\{\{?([\w.]+)\}?\}\}/g, (_, name: string) => lookup(name) ?? '');
}
