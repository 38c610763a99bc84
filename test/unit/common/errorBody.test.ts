import assert from 'node:assert/strict';
import { azureFailure, type AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { readErrorBody } from '../../../tasks/common/azure/http/errorBody';

const cases: Array<{ title: string; body: unknown; code?: string; message?: string }> = [
  {
    title: 'Azure ML, which says what is wrong in details',
    body: {
      error: {
        code: 'UserError',
        message: 'The specified resource was not found.',
        details: [{ code: 'ModelNotFound', message: 'Model container with name: m not found.', details: [] }],
      },
    },
    code: 'UserError',
    message: 'The specified resource was not found. Model container with name: m not found.',
  },
  {
    title: 'the resource manager, with an inner error within a detail',
    body: {
      error: {
        code: 'InvalidTemplate',
        message: 'Not valid',
        details: [{ code: 'A', message: 'One.', innererror: { message: 'The cause.' } }, { message: 'Not valid' }],
      },
    },
    code: 'InvalidTemplate',
    message: 'Not valid. One. The cause.',
  },
  { title: 'an error of which nothing is said but its code', body: { error: { code: 'Conflict' } }, code: 'Conflict', message: 'Conflict' }, // prettier-ignore
  {
    title: 'a registry',
    body: { errors: [{ code: 'DENIED', message: 'requested access is denied' }, { message: 'push first' }] },
    code: 'DENIED',
    message: 'requested access is denied. push first',
  },
  { title: 'MLflow', body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Run not found' }, code: 'RESOURCE_DOES_NOT_EXIST', message: 'Run not found' }, // prettier-ignore
  { title: 'Entra', body: { error: 'invalid_client', error_description: 'AADSTS7000222: expired' }, code: 'invalid_client', message: 'AADSTS7000222: expired' }, // prettier-ignore
  { title: 'Azure DevOps', body: { typeKey: 'BuildNotFound', message: 'No build 7.' }, code: 'BuildNotFound', message: 'No build 7.' }, // prettier-ignore
  {
    title: 'Azure Storage',
    body: '<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code><Message>No.\nRequestId:1</Message></Error>',
    code: 'AuthenticationFailed',
    message: 'No.',
  },
  { title: 'a page of a gateway', body: '<html><style>a{}</style><body>Bad\n <b>gateway</b></body></html>', message: 'Bad gateway' }, // prettier-ignore
  { title: 'nothing', body: '' },
  { title: 'a list', body: [] },
  { title: 'null', body: null },
];

describe('The body of an error answer', () => {
  for (const { title, body, code, message } of cases) {
    it(`is read where it is that of ${title}`, () => {
      const found = readErrorBody(body);
      assert.deepEqual([found.code, found.message], [code, message]);
    });
  }

  it('is quoted no longer than a line', () => {
    assert.equal(readErrorBody(`<p>${'word '.repeat(200)}</p>`).message?.length, 301);
  });

  it("is read itself where an SDK's parser complained about it", () => {
    const error = Object.assign(new Error('Error "SyntaxError: Unexpected token" occurred while parsing'), {
      name: 'RestError',
      code: 'PARSE_ERROR',
      statusCode: 502,
      response: { bodyAsText: '<html>Bad gateway</html>' },
    });
    const failure = azureFailure(error, 'the group') as AzureFailure;
    assert.equal(failure.message, 'Azure answered 502 RestError to the group: Bad gateway');
  });
});
