/**
 * Reads a .dockerignore. The last pattern that matches a path, or a folder above it, decides; `!` takes back.
 * Source: Docker's documentation of .dockerignore; patterns are Go's filepath.Match plus `**`.
 * @returns tells of a path with slashes, relative to the context, whether it is left out
 */
export function readDockerIgnore(text: string): (path: string) => boolean {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const keeps = line.startsWith('!');
      const pattern = (keeps ? line.slice(1) : line).trim().replace(/^(\.?\/)+|\/+$/g, '');
      return { keeps, expression: new RegExp(`^${translate(pattern)}(/.*)?$`, 's') };
    });
  return (path) => {
    let ignored = false;
    for (const { keeps, expression } of rules) if (expression.test(path)) ignored = !keeps;
    return ignored;
  };
}

function translate(pattern: string): string {
  return pattern.replace(/\*\*\/?|\*|\?|\[[^\]]*\]|\\.|[^*?[\\]+|./gs, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (/^\[.+\]$/.test(token)) return token.replace(/\\/g, '\\\\');
    return token.replace(/^\\(.)$/s, '$1').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
}
