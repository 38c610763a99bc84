import type { Readable } from 'node:stream';
import type { PipelineResponse } from '@azure/core-rest-pipeline';

/** Milliseconds without a byte: a connection that was dropped on its way falls silent, and never says so. */
const longestSilence = 120_000;

/**
 * What a streamed answer brings, piece by piece. A request's own time limit ends when its answer begins, so that whoever reads a
 * stream reads it by this.
 * @throws Error where the connection breaks or falls silent on the way
 */
export async function* streamedAnswer(
  { readableStreamBody: body }: Pick<PipelineResponse, 'readableStreamBody'>,
  silence = longestSilence,
): AsyncGenerator<Buffer, void, undefined> {
  const stream = body as Readable | undefined;
  if (!stream) return;
  const end = () => stream.destroy(new Error(`no more bytes came for ${silence / 1000} s`));
  let timer = setTimeout(end, silence);
  try {
    for await (const piece of stream) {
      // Whoever takes the pieces may take their time.
      clearTimeout(timer);
      yield piece as Buffer;
      timer = setTimeout(end, silence);
    }
  } finally {
    clearTimeout(timer);
  }
}
