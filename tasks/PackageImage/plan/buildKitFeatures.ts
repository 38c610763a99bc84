import { instructions, words } from './dockerfileInstructions';

/** Flags that only BuildKit knows, by instruction. Source: Docker's Dockerfile reference. */
const flags: Readonly<Record<string, RegExp>> = {
  RUN: /^--(mount|network|security|device)\b/,
  COPY: /^--(chmod|link|parents|exclude)\b/,
  ADD: /^--(chmod|link|checksum|keep-git-dir|exclude|unpack)\b/,
};

/**
 * What a Dockerfile has that ACR Tasks cannot build, as they build without BuildKit.
 * Source: Azure/acr-builder, builder.go, which sets DOCKER_BUILDKIT=0.
 */
export function buildKitFeatures(dockerfile: string): Array<{ readonly line: number; readonly feature: string }> {
  return [...instructions(dockerfile)].flatMap(({ keyword, rest, line }) => {
    const all = words(rest);
    const end = all.findIndex((word) => !word.startsWith('--'));
    const found = all.slice(0, end < 0 ? all.length : end).find((word) => flags[keyword]?.test(word));
    if (found) return [{ line, feature: `${keyword} ${found.split('=', 1)[0]}` }];
    const isHereDocument = keyword in flags && /(^|[^<])<<-?["']?[A-Za-z_]/.test(rest);
    return isHereDocument ? [{ line, feature: `a here-document of ${keyword}` }] : [];
  });
}
