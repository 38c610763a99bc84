/** What an answer must hold for us to go on with it; what it holds beside that is not looked at. */
export type Shape = 'string' | 'list' | 'object' | { readonly [field: string]: Shape };

/** @returns what is wrong, such as 'the field "properties" is missing'; undefined where all is there */
export function shapeProblem(value: unknown, shape: Shape, at = ''): string | undefined {
  const name = at === '' ? 'the body' : `the field "${at}"`;
  if (value === undefined) return `${name} is missing`;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
  const wanted = typeof shape === 'string' ? shape : 'object';
  if (kind !== wanted) return `${name} is ${kind === 'null' ? kind : article(kind)} where ${article(wanted)} should be`;
  if (typeof shape === 'string') return undefined;
  for (const [field, inner] of Object.entries(shape)) {
    const problem = shapeProblem(
      (value as Record<string, unknown>)[field],
      inner,
      at === '' ? field : `${at}.${field}`,
    );
    if (problem) return problem;
  }
  return undefined;
}

function article(kind: string): string {
  return `${kind === 'object' ? 'an' : 'a'} ${kind}`;
}
