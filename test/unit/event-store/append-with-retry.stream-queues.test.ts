import { expect } from 'chai';
import { createStreamQueues } from '../../../src/event-store/append-with-retry.ts';

describe('lanes', () => {
  it('runs what belongs to one stream one after another, and lets other streams pass', async () => {
    const { enqueue } = createStreamQueues();
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = enqueue('job-1', async () => {
      seen.push('first begins');
      await gate.promise;
      seen.push('first ends');
    });
    const second = enqueue('job-1', async () => seen.push('second'));
    await enqueue('job-2', async () => seen.push('other'));
    gate.resolve();
    await Promise.all([first, second]);
    expect(seen).to.deep.equal(['first begins', 'other', 'first ends', 'second']);
  });

  it('returns each result or error, and continues after an error', async () => {
    const { enqueue } = createStreamQueues();
    const failed = enqueue('job-1', async () => {
      throw new Error('lost');
    });
    const next = enqueue('job-1', async () => 'won');
    expect(await failed.catch((error) => error.message)).to.equal('lost');
    expect(await next).to.equal('won');
    expect(await enqueue('job-1', async () => 'again')).to.equal('again');
  });
});
