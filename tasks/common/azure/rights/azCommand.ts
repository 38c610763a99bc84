/**
 * Whether it is a name, an id or a host as Azure has them: in double quotes no shell and no query of the Azure CLI takes it for anything
 * else, nor does the Azure CLI take it for one of its options.
 */
export const isPlainName = (text: string): boolean => /^[\p{L}\p{N}_./:()][\p{L}\p{N}_./:()-]*$/u.test(text);

/**
 * A command of the Azure CLI, for somebody to run who may do more than the task. Others may have written what it names, as in a record.
 * @returns undefined where a name is not a plain one: what it holds would be run with it
 */
export function azCommand(texts: TemplateStringsArray, ...names: readonly string[]): string | undefined {
  return names.every(isPlainName) ? `az ${String.raw({ raw: texts }, ...names)}` : undefined;
}
