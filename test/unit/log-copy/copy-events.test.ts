import { expect } from 'chai';
import {
  type Append,
  type AppendResult,
  type EventStore,
  NO_STREAM,
  positionOf,
} from '../../../src/event-store/port.ts';
import { createOrderedWriter } from '../../../src/log-copy/copy-events.ts';
import { LogCopyFailed } from '../../../src/log-copy/visible-events.ts';
import { appendOf, rejection } from '../../contract/event-store-support.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld, settle } from '../../support/world.ts';

describe('appends in order', () => {
  const requested: PromiseWithResolvers<AppendResult>[] = [];
  const append = (_: Append): Promise<AppendResult> => {
    const response = Promise.withResolvers<AppendResult>();
    requested.push(response);
    return response.promise;
  };
  const response = (index: number, place: number): void =>
    requested[index]?.resolve({ revision: 0, position: positionOf(place) });
  beforeEach(() => requested.splice(0));

  it('has hundreds in progress, and continues before all are confirmed', async () => {
    const writer = createOrderedWriter(stub<EventStore>({ append }), manualWorld());
    const handing = (async () => {
      for (let index = 0; index < 600; index++) await writer.append(appendOf(`runs-${index}`, NO_STREAM, 'a'), 100);
    })();
    await settle();
    const first = requested.length;
    expect(first).to.be.within(256, 599);
    for (let index = 0; index < first / 2; index++) response(index, index + 1);
    await settle();
    expect(requested).to.have.length(600);
    for (let index = Math.floor(first / 2); index < 600; index++) response(index, index + 1);
    await handing;
    await writer.flush();
  });

  it('reports events in another order', async () => {
    const writer = createOrderedWriter(stub<EventStore>({ append }), manualWorld());
    for (const stream of ['runs-1', 'runs-2']) await writer.append(appendOf(stream, NO_STREAM, 'a'), 100);
    response(0, 2);
    response(1, 1);
    expect(await rejection(writer.flush()))
      .to.be.instanceOf(LogCopyFailed)
      .and.to.include({ code: 'OUT_OF_ORDER' });
  });
});
