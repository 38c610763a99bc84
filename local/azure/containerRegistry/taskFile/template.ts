import { TaskFileError } from './taskFileError';

/** What a task file's template may name. */
export interface TemplateValues {
  readonly Run: Readonly<Record<string, string>>;
  readonly Values: Readonly<Record<string, string>>;
}

/** Those of the template language's functions that local Azure knows. */
const functions: Readonly<Record<string, (text: string) => string>> = {
  b64enc: (text) => Buffer.from(text).toString('base64'),
  b64dec: (text) => Buffer.from(text, 'base64').toString(),
};

/**
 * Fills in what stands between {{ and }}: {{.Run.ID}}, {{.Values.name}}, a text in quotes, each through any number of
 * functions. What is not given is empty. Source: acr-builder, docs/templates.md; the rest of Go's templates is refused.
 */
export function renderTemplate(text: string, values: TemplateValues): string {
  return text.replace(/\{\{\s*((?:"(?:\\.|[^"\\])*"|[^}"])*?)\s*\}\}/g, (_whole, expression: string) => {
    const [first = '', ...names] = expression.split(/\s*\|\s*/);
    return names.reduce(
      (result, name) => {
        const apply = functions[name];
        if (!apply) throw new TaskFileError(`failed to parse template: local Azure does not know the function ${name}`);
        return apply(result);
      },
      operand(first, values),
    );
  });
}

function operand(expression: string, values: TemplateValues): string {
  if (/^"(?:\\.|[^"\\])*"$/.test(expression)) return JSON.parse(expression) as string;
  const [, group, name = ''] = /^\.(Run|Values)\.(\w+)$/.exec(expression) ?? [];
  if (group === 'Run' || group === 'Values') return values[group][name] ?? '';
  throw new TaskFileError(`failed to parse template: local Azure does not know {{${expression}}}`);
}
