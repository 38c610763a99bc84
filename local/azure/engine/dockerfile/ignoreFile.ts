/**
 * Reads a .dockerignore and returns what tells whether a path of the context (with / between its parts) is left out. The
 * last pattern that matches a path, or a folder that it lies in, decides.
 */
export function readIgnoreFile(content: string): (path: string) => boolean {
  const rules = content
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => {
      const included = line.startsWith('!');
      const pattern = (included ? line.slice(1) : line)
        .trim()
        .replace(/^\/+|\/+$/g, '')
        .replace(/^\.\//, '');
      return { included, matches: toExpression(pattern) };
    });
  return (path) => {
    let ignored = false;
    for (const rule of rules) {
      if (rule.matches.test(path)) ignored = !rule.included;
    }
    return ignored;
  };
}

/** A pattern of Go's filepath.Match with `**` for any number of folders, matching also everything beneath. */
function toExpression(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    if (pattern.startsWith('**', at)) {
      at++;
      if (pattern[at + 1] === '/') {
        at++;
        source += '(?:.*/)?';
      } else source += '.*';
    } else if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const end = pattern.indexOf(']', at + 1);
      if (end < 0) source += '\\[';
      else {
        source += `[${pattern.slice(at + 1, end).replace(/\\/g, '\\\\')}]`;
        at = end;
      }
    } else if (character === '\\' && at + 1 < pattern.length) source += quote(pattern[++at] as string);
    else source += quote(character);
  }
  return new RegExp(`^${source}(?:/.*)?$`);
}

const quote = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
