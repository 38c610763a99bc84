import type { NameRule } from './checkedShape';

/** Names of a job's inputs and outputs. Source: azure-ai-ml, _input_output_helpers.py. */
export const portNames: NameRule = {
  test: /^[A-Za-z_]\w*$/,
  says: 'may have letters, digits and _ only, and begins with no digit',
};
