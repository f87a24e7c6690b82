import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { patchRequestQueueTimer, REQUEST_QUEUE } from '../../../src/publisher/kafka-client.ts';

const require = createRequire(import.meta.url);
/** Of the one file of kafkajs that is changed in place. Where this fails, look whether the change is still right. */
const KNOWN = 'b55986089c14f8f7bfc377922e2e65b3e4c1e7c7af2752d3b10a75dfe9e9260c';

describe("kafkajs's request queue", () => {
  it('is the one that the change was made for', () => {
    const source = readFileSync(require.resolve(REQUEST_QUEUE));
    expect(createHash('sha256').update(source).digest('hex')).to.equal(KNOWN);
  });

  it('arms no timer with nothing to send, and one if a request waits', () => {
    patchRequestQueueTimer();
    patchRequestQueueTimer();
    const RequestQueue = require(REQUEST_QUEUE);
    const logger = { debug() {}, warn() {} };
    const queueOptions = {
      maxInFlightRequests: 1,
      requestTimeout: 1_000,
      enforceRequestTimeout: false,
      logger,
      clientId: 'c',
      broker: 'b',
    };
    const queue = new RequestQueue(queueOptions);
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).to.equal(null);
    for (const correlationId of [1, 2]) {
      queue.push({ entry: { correlationId }, expectResponse: true, sendRequest() {} });
    }
    expect(queue.throttleCheckTimeoutId).not.to.equal(null);
    queue.destroy();
  });
});
