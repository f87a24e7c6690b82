import { expect } from 'chai';
import { createDocument, PAUSES } from '../../../../src/commands/loop/documents.ts';
import { pauseStream } from '../../../../src/domain/streams.ts';
import { createStreamQueues } from '../../../../src/event-store/append-with-retry.ts';
import { asAnn, inMemory } from '../../../support/engines.ts';

describe('a new document', () => {
  it('is set once: an id that is in use is a fault, and nothing is recorded', async () => {
    const { world, store } = inMemory();
    const log = { store, world, lanes: createStreamQueues() };
    const create = () =>
      createDocument(log, PAUSES, {
        key: [5],
        context: asAnn,
        decide: () => {
          const createdAt = '2026-03-01T10:00:00.000Z';
          return [
            { type: 'PauseSet', data: { pauseId: 5, tenant: 'acme', scope: 'tenant', createdAt, createdBy: 'ann' } },
          ];
        },
      });
    expect((await create()).value.pauseId).to.equal(5);
    const error = await create().catch(({ message }: Error) => message);
    expect(error).to.equal(`the new id of ${pauseStream(5)} is in use already`);
    const revisions: number[] = [];
    for await (const { revision } of store.readStream(pauseStream(5))) revisions.push(revision);
    expect(revisions).to.deep.equal([0]);
  });
});
