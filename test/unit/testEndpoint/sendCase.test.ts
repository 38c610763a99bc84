import assert from 'node:assert/strict';
import sinon from 'sinon';
import type { RequestCase } from '../../../tasks/TestEndpoint/requests/requestCases';
import { NoReply, type Reply, type ScoringClient } from '../../../tasks/TestEndpoint/requests/scoringClient';
import { testRequest } from '../../../tasks/TestEndpoint/requests/sendCase';

const given: RequestCase = {
  name: 'one',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{}'),
  expectStatus: '2xx',
  assertions: [],
  expectedPaths: [],
};
const reply = (status: number): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('[1]'),
  milliseconds: 5,
});
const lost = new NoReply('The connection was lost.', 'ECONNRESET', true);
const refused = new NoReply('Nobody listens.', 'ECONNREFUSED');

describe('a request of the requests file', () => {
  const test = async (send: sinon.SinonStub) => {
    const client = { send } as unknown as ScoringClient;
    return testRequest(client, { scoringUri: new URL('http://x/score') }, given, new AbortController().signal);
  };

  it('is sent once more, the same, where the service had closed its connection, which is told', async () => {
    const send = sinon.stub();
    send.onFirstCall().rejects(lost).onSecondCall().resolves(reply(200));
    const { outcome, message } = await test(send);
    assert.equal(outcome, 'passed');
    assert.equal(message, 'sent again, as the service had closed the connection');
    assert.deepEqual(send.secondCall.args[0], send.firstCall.args[0]);
  });

  it('is sent no third time', async () => {
    const send = sinon.stub().rejects(lost);
    const { outcome, message } = await test(send);
    assert.deepEqual([outcome, message, send.callCount], ['failed', lost.message, 2]);
  });

  it('is judged by its second answer', async () => {
    const send = sinon.stub();
    send.onFirstCall().rejects(lost).onSecondCall().resolves(reply(500));
    const { outcome, message } = await test(send);
    assert.equal(outcome, 'failed');
    assert.match(message!, /The status is 500/);
  });

  it('is not sent again where the service never answered, or where it did', async () => {
    const never = sinon.stub().rejects(refused);
    assert.equal((await test(never)).outcome, 'failed');
    const wrong = sinon.stub().resolves(reply(500));
    assert.equal((await test(wrong)).outcome, 'failed');
    assert.deepEqual([never.callCount, wrong.callCount], [1, 1]);
  });

  it('ends the task where something else goes wrong, such as a cancelled run', async () => {
    await assert.rejects(test(sinon.stub().rejects(new Error('canceled'))), /canceled/);
  });
});
