import { evaluate, textOf, type Scope, type Value } from './expression';
import { PipelineError } from './faults';
import { nodeOfValue, textNode, type Place, type YamlNode, type YamlText } from './yamlNode';
import { messageOf } from '../../messageOf';

/** Quoted text may hold }}, as an expression of Azure ML does. */
const expression = String.raw`\$\{\{\s*((?:'[^']*'|(?!\}\})[^'])*?)\s*\}\}`;
const whole = new RegExp(`^\\s*${expression}\\s*$`);
const anywhere = new RegExp(expression, 'g');

/** Puts the values of `${{ }}` into a text. An expression that is the whole text may make a list or a mapping of it. */
export function expandText({ text, place }: YamlText, scope: Scope): YamlNode {
  if (!text.includes('${{')) return textNode(text, place);
  if (text.replace(anywhere, '').includes('${{')) {
    throw new PipelineError(place, '', `An expression is not closed by }} in: ${text}`);
  }
  const only = whole.exec(text);
  if (only) return nodeOfValue(evaluateAt(only[1]!, text, scope, place), place, textOf);
  return textNode(
    text.replace(anywhere, (_, part: string) => textOf(evaluateAt(part, text, scope, place))),
    place,
  );
}

/** The value of an expression of a template; a fault is said with its place. */
export function evaluateAt(part: string, text: string, scope: Scope, place: Place): Value {
  try {
    return evaluate(part, scope);
  } catch (error) {
    const isAzureMl = /^(inputs|outputs|parent|search_space|trial)\b/.test(part);
    const hint = isAzureMl ? ` What is meant for Azure ML is written \${{ '\${{${part}}}' }}.` : '';
    throw new PipelineError(place, '', `${messageOf(error)}, in: ${text}${hint}`);
  }
}
