/** What `${{kind.name}}` stands for, by kind (inputs, outputs, search_space) and name. */
export type ExpressionValues = Record<string, Record<string, string | undefined>>;

/**
 * Puts the values into a command. `$[[ ... ]]` is a part that is left out when one of its inputs has no value, as in the
 * service's optional inputs.
 */
export function expandExpressions(text: string, values: ExpressionValues): string {
  return text
    .replace(/\$\[\[(.*?)\]\]/gs, (_all, part: string) => {
      const complete = [...part.matchAll(expression)].every(
        ([, kind = '', name = '']) => values[kind]?.[name] !== undefined,
      );
      return complete ? part : '';
    })
    .replace(expression, (all, kind: string, name: string) => values[kind]?.[name] ?? all);
}

const expression = /\$\{\{\s*(\w+)\.([\w-]+)\s*\}\}/g;
