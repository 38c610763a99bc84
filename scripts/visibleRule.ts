/** One comparison of a visibleRule. */
export interface VisibleCondition {
  input: string;
  operator: string;
  value: string;
}

const comparison =
  /^\s*([A-Za-z][A-Za-z0-9]*)\s*(=|!=|NotStartsWith|StartsWith|NotEndsWith|EndsWith|NotContains|Contains|In|NotIn)\s*([^\s=!][^=!]*?|)\s*$/;

/**
 * Reads a visibleRule: comparisons joined only by `&&` or only by `||`. The designer supports neither parentheses nor a
 * mixture of the two, and shows the input always when it cannot read the rule.
 * @throws Error that says what the designer would stumble over
 */
export function parseVisibleRule(rule: string): VisibleCondition[] {
  if (/[()]/.test(rule)) throw new Error(`'${rule}' has parentheses`);
  if (rule.includes('&&') && rule.includes('||')) throw new Error(`'${rule}' mixes && and ||`);
  return rule.split(/&&|\|\|/).map((part) => {
    const match = comparison.exec(part);
    if (!match) throw new Error(`'${part.trim()}' is not a comparison such as 'input = value'`);
    const [, input, operator, value] = match as unknown as [string, string, string, string];
    return { input, operator, value };
  });
}
