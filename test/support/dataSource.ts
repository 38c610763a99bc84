import type { ServiceEndpoint } from '../../local/serviceEndpoint';

/** One binding of task.json, by which the designer fills a list. */
export interface DataSourceBinding {
  target: string;
  endpointId: string;
  parameters?: Record<string, string>;
  endpointUrl: string;
  resultSelector: string;
  resultTemplate?: string;
  initialContextTemplate?: string;
  callbackContextTemplate?: string;
  callbackRequiredTemplate?: string;
}

export interface Choice {
  Value: string;
  DisplayValue: string;
}

/** As often the designer asks for a further page, at most. Source: azure-pipelines-extensions, "Pagination". */
const mostCalls = 5;

/**
 * Fills a list as the server does for the designer: the inputs become parameters, the templates are Mustache with the server's
 * helpers, the selector is a JSON path. Source: microsoft/azure-pipelines-extensions, docs/authoring/endpoints.
 * @param get what the server fetches with the connection's token
 */
export async function listChoices(
  binding: DataSourceBinding,
  inputs: Record<string, string>,
  endpoint: Pick<ServiceEndpoint, 'url' | 'data'>,
  get: (url: string) => Promise<unknown>,
): Promise<{ choices: Choice[]; urls: string[] }> {
  const given = Object.fromEntries(
    Object.entries(binding.parameters ?? {}).map(([name, value]) => [
      name,
      value.replace(/\$\((\w+)\)/g, (_, input: string) => inputs[input] ?? ''),
    ]),
  );
  // The server hands its own URL on with a slash at its end.
  const context = { endpoint: { url: endpoint.url.replace(/\/$/, ''), ...endpoint.data }, ...given };
  let page = parseContext(binding.initialContextTemplate, context);
  const choices: Choice[] = [];
  const urls: string[] = [];
  for (let call = 0; call < mostCalls; call++) {
    const url = evaluate(binding.endpointUrl, { ...context, ...page });
    urls.push(url);
    const response = await get(url);
    const { query } = await import('jsonpath-rfc9535');
    const found = query(response as never, binding.resultSelector.replace(/^jsonpath:/, '')) as unknown[];
    for (const each of found) {
      choices.push(
        binding.resultTemplate
          ? (JSON.parse(evaluate(binding.resultTemplate, each as object)) as Choice)
          : { Value: String(each), DisplayValue: String(each) },
      );
    }
    if (!binding.callbackRequiredTemplate || evaluate(binding.callbackRequiredTemplate, { response }) !== 'true') break;
    page = parseContext(binding.callbackContextTemplate, { response });
  }
  return { choices, urls };
}

function parseContext(template: string | undefined, context: object): Record<string, string> {
  return template ? (JSON.parse(evaluate(template, context)) as Record<string, string>) : {};
}

/** Mustache with those of the server's helpers that the tasks use. */
function evaluate(template: string, context: object): string {
  // The innermost block first: a block may stand in another.
  const block = /\{\{#(if|unless|getTokenValue) ([\w.]+)\}\}((?:(?!\{\{#).)*?)\{\{\/\1\}\}/s;
  let blocks = template;
  for (let match = block.exec(blocks); match; match = block.exec(blocks)) {
    const [whole, helper, path, body] = match as unknown as [string, string, string, string];
    const value = lookUp(context, path);
    const parameter = decodeURIComponent(/\{\{extractUrlQueryParameter ([^}]+)\}\}/.exec(body)?.[1] ?? '');
    const token = value ? (new URL(value, 'https://none').searchParams.get(parameter) ?? '') : '';
    const result = helper === 'getTokenValue' ? token : Boolean(value) === (helper === 'if') ? body : '';
    blocks = blocks.replace(whole, () => result);
  }
  return blocks.replace(/\{\{\{([\w.]+)\}\}\}|\{\{isTokenPresent ([\w.]+)\}\}/g, (_, path?: string, token?: string) =>
    token ? String(Boolean(lookUp(context, token))) : lookUp(context, path!),
  );
}

function lookUp(context: object, path: string): string {
  const found = path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], context);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
}
