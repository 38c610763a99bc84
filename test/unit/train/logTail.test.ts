import assert from 'node:assert/strict';
import sinon from 'sinon';
import { JobLog } from '../../../tasks/common/azure/ml/jobs/follow/jobLog';
import { LogTail } from '../../../tasks/common/azure/ml/jobs/follow/logTail';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';

/** A log file that grows, and answers ranges as Azure Storage does. */
class GrowingBlob {
  bytes: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  requests: Array<{ offset: number; most: number }> = [];

  append(content: string | Buffer) {
    this.bytes = Buffer.concat([this.bytes, Buffer.from(content)]);
  }
  readRange = (_url: string, offset: number, most: number) => {
    this.requests.push({ offset, most });
    return Promise.resolve({
      bytes: this.bytes.subarray(offset, offset + most),
      blobSize: this.bytes.length,
      metadata: {},
    });
  };
}

const { signal } = new AbortController();

describe('Train: tail of a log', () => {
  let blob: GrowingBlob;
  let tail: LogTail;
  let lines: string[];
  const write = (some: string[]) => lines.push(...some);
  const read = () => tail.read('url', write, signal);
  beforeEach(() => {
    blob = new GrowingBlob();
    tail = new LogTail(blob);
    lines = [];
  });

  it('gives no byte order mark out', async () => {
    blob.append('\ufeffone\n\ufefftwo\n');
    await read();
    assert.deepEqual(lines, ['one', '\ufefftwo']);
  });

  it('gives each line once, whole, and asks for new bytes only', async () => {
    blob.append('one\ntw');
    await read();
    assert.deepEqual(lines, ['one']);
    blob.append('o\nthree\n');
    await read();
    await read();
    assert.deepEqual(lines, ['one', 'two', 'three']);
    assert.deepEqual(
      blob.requests.map(({ offset }) => offset),
      [0, 6, 14],
    );
  });

  it('keeps a character in one piece that lies across two reads', async () => {
    const bytes = Buffer.from('naïve ☃\n');
    for (const byte of bytes) {
      blob.append(Buffer.from([byte]));
      await read();
    }
    assert.deepEqual(lines, ['naïve ☃']);
  });

  it('gives out a last line that was never ended', async () => {
    blob.append('done\nno end');
    await read();
    tail.flush(write);
    tail.flush(write);
    assert.deepEqual(lines, ['done', 'no end']);
  });

  it('starts again where the service began the log again', async () => {
    blob.append('first try\nhalf');
    await read();
    blob.bytes = Buffer.from('second\n');
    await read();
    assert.deepEqual(lines, ['first try', 'half', 'second']);
  });

  it('shows of a progress bar what is left on a screen', async () => {
    blob.append(' 0%\r 50%\r100%\nnext\r\n');
    await read();
    assert.deepEqual(lines, ['100%', 'next']);
  });

  it('keeps of a progress bar that is never ended only its last state, however it is cut', async () => {
    for (const piece of ['  0%', '\r 10%\r', ' 20', '%\r', '\r', '\r 30%', '\r\r']) {
      blob.append(piece);
      await read();
      assert.deepEqual(lines, []);
    }
    tail.flush(write);
    assert.deepEqual(lines, [' 30%']);
    blob.append(' 40%\r'.repeat(100_000));
    await read();
    const kept = (tail as unknown as { rest: Buffer }).rest;
    assert.equal(kept.toString(), ' 40%\r');
    blob.append('\n');
    await read();
    assert.deepEqual(lines, [' 30%', ' 40%']);
  });

  it('gives out a line without an end in pieces, each once and no character cut, and keeps little of it', async () => {
    const text = 'ü€😀'.repeat(200_000);
    for (let at = 0; at < text.length; at += 10_000) {
      blob.append(text.slice(at, at + 10_000));
      await read();
      assert.ok(text.length - lines.join('').length - (text.length - at - 10_000) <= 70_000, 'little is kept');
    }
    tail.flush(write);
    assert.ok(lines.join('') === text);
    assert.ok(lines.every((line) => Buffer.byteLength(line) <= 64 * 1024));
  });

  it('is not held up by bytes that are not text', async () => {
    blob.append(Buffer.alloc(1_000_000, 0x80));
    await read();
    assert.ok(lines.length < 20);
  });

  it('takes up a long log in pieces of bounded size', async () => {
    blob.append(Buffer.alloc(10 * 1024 * 1024, 'x'.repeat(99) + '\n'));
    await read();
    assert.equal(lines.length, Math.floor((10 * 1024 * 1024) / 100));
    assert.ok(lines.every((line) => line.length === 99));
    assert.ok(blob.requests.every(({ most }) => most <= 4 * 1024 * 1024));
  });
});

describe('Train: log of a job', () => {
  const ports = () => ({
    info: sinon.spy(),
    debug: sinon.spy(),
    warning: sinon.spy(),
    error: sinon.spy(),
    group: sinon.spy(),
    endGroup: sinon.spy(),
    progress: sinon.spy(),
    taken: () => Promise.resolve(),
  });
  const texts: Record<string, string> = {
    a0: 'rank 0\n',
    a1: 'rank 1\n',
    sys: 'system\n',
    build: 'building the image\n',
  };
  const readRange = (url: string, offset: number) => {
    const bytes = Buffer.from(texts[url]!);
    return Promise.resolve({ bytes: bytes.subarray(offset), blobSize: bytes.length, metadata: {} });
  };
  const files = {
    'user_logs/std_log_process_0.txt': 'a0',
    'user_logs/std_log_process_1.txt': 'a1',
    'system_logs/cs_capability.log': 'sys',
  };

  it('shows only the first process, without a group', async () => {
    const log = ports();
    const output = new JobLog(log, { readRange }, false);
    output.know('job', files);
    await output.readNew(signal);
    assert.deepEqual(
      log.info.args.map(([text]) => text),
      ['rank 0'],
    );
    sinon.assert.notCalled(log.group);
  });

  it('shows every process in a group of its own on request', async () => {
    const log = ports();
    const output = new JobLog(log, { readRange }, true);
    output.know('job', files);
    await output.readNew(signal);
    output.end();
    assert.deepEqual(
      log.group.args.map(([title]) => title),
      ['std_log_process_0.txt', 'std_log_process_1.txt'],
    );
    sinon.assert.callCount(log.endGroup, 2);
  });

  it('shows the log of an image that is built', async () => {
    const log = ports();
    const output = new JobLog(log, { readRange }, false);
    output.know('job', { 'azureml-logs/20_image_build_log.txt': 'build' });
    await output.readNew(signal);
    sinon.assert.calledWith(log.info, 'building the image');
  });

  it("keeps as last lines the program's own, and those of the image's build only until it writes", async () => {
    const output = new JobLog(ports(), { readRange }, false);
    output.know('job', { 'azureml-logs/20_image_build_log.txt': 'build' });
    await output.readNew(signal);
    assert.deepEqual(output.lastLines, ['building the image']);
    output.know('job', files);
    await output.readNew(signal);
    assert.deepEqual(output.lastLines, ['rank 0']);
  });

  it('waits for a new URL where the permission of the old one has ended', async () => {
    const log = ports();
    const gone = () =>
      Promise.reject(new AzureFailure('expired', undefined, 403, 'AuthenticationFailed', '', undefined));
    const reads = sinon.stub();
    reads.onFirstCall().callsFake(gone).callsFake(readRange);
    const output = new JobLog(log, { readRange: reads }, false);
    output.know('job', files);
    assert.equal(await output.readNew(signal), false);
    output.know('job', files);
    assert.equal(await output.readNew(signal), true);
    sinon.assert.calledOnceWithExactly(log.info, 'rank 0');
  });
});
