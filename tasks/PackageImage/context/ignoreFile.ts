/** What a .dockerignore says of paths with slashes, relative to the context. */
export interface IgnoreRules {
  leavesOut(path: string): boolean;
  /** Whether a rule with ! may take back something in a folder that is left out. */
  mayKeepIn(folder: string): boolean;
}

/**
 * Reads a .dockerignore. The last pattern that matches a path, or a folder above it, decides; `!` takes back.
 * Source: Docker's documentation of .dockerignore; patterns are Go's filepath.Match plus `**`.
 */
export function readDockerIgnore(text: string): IgnoreRules {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const keeps = line.startsWith('!');
      const pattern = (keeps ? line.slice(1) : line).trim().replace(/^(\.?\/)+|\/+$/g, '');
      return { keeps, pattern, expression: new RegExp(`^${translate(pattern)}(/.*)?$`, 's') };
    });
  const kept = rules.filter(({ keeps }) => keeps).map(({ pattern }) => pattern.split('/'));
  return {
    leavesOut(path) {
      let ignored = false;
      for (const { keeps, expression } of rules) if (expression.test(path)) ignored = !keeps;
      return ignored;
    },
    mayKeepIn: (folder) => kept.some((pattern) => mayMatchBelow(pattern, folder.split('/'))),
  };
}

/** In doubt, from the first wildcard on, it may. */
function mayMatchBelow(pattern: readonly string[], folder: readonly string[]): boolean {
  for (const [index, part] of pattern.entries()) {
    if (/[*?[\\]/.test(part) || index >= folder.length) return true;
    if (part !== folder[index]) return false;
  }
  // The pattern names this folder or one above it.
  return true;
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
