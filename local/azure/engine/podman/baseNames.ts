import { expandWord } from '../dockerfile/expand';
import type { Instruction } from '../dockerfile/parse';

interface Dockerfile {
  instructions: Instruction[];
  escape: string;
}

/** The images that a Dockerfile builds on or copies from, each once, without its own stages. */
export function baseNames({ instructions, escape }: Dockerfile, buildArguments: Record<string, string>): string[] {
  const variables = globalArguments({ instructions, escape }, buildArguments);
  const names = new Set<string>();
  const stages = new Set<string>(['scratch']);
  for (const { keyword, text, flags } of instructions) {
    if (keyword === 'FROM') {
      const [base = '', , alias] = text.split(/\s+/);
      const name = expandWord(base, variables, escape);
      if (!stages.has(name.toLowerCase())) names.add(name);
      stages.add(String(stages.size - 1));
      if (alias) stages.add(alias.toLowerCase());
    }
    const from = flags.find(([flag]) => flag === 'from')?.[1];
    if (keyword === 'COPY' && from && !stages.has(from.toLowerCase()) && !/^\d+$/.test(from)) names.add(from);
  }
  return [...names];
}

/** The arguments before the first stage, which its FROM may name. */
function globalArguments(
  { instructions, escape }: Dockerfile,
  buildArguments: Record<string, string>,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { keyword, text } of instructions) {
    if (keyword === 'FROM') break;
    if (keyword !== 'ARG') continue;
    const [, name = '', value = ''] = /^(\w+)=?(.*)$/.exec(text) ?? [];
    variables[name] = buildArguments[name] ?? expandWord(value, variables, escape);
  }
  return variables;
}
