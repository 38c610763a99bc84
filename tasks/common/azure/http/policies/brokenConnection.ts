import type { PipelinePolicy } from '@azure/core-rest-pipeline';

/** What Node and the SDK call a connection that the other side, or something between, has closed too early. */
const brokenOff = /^(PARSE_ERROR|EPIPE|ERR_STREAM_PREMATURE_CLOSE|HPE_[A-Z_]+|UND_ERR_SOCKET)$/;

/** Gives all connections that broke off one code, ECONNRESET, be it before the answer or in the midst of it. */
export const brokenConnection: PipelinePolicy = {
  name: 'brokenConnection',
  async sendRequest(request, next) {
    try {
      return await next(request);
    } catch (error) {
      const { code } = error as Error & { code?: unknown };
      if (brokenOff.test(String(code))) Object.assign(error as Error, { code: 'ECONNRESET' });
      throw error;
    }
  },
};
