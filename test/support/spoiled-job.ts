import { contractCodec } from '../contract/event-store-support.ts';
import type { AService } from './a-service/a-service.ts';
import { openServiceLog } from './service-log.ts';

/** Repeats the event that created a job with data that its schema rejects. */
export const spoilJob = async (service: Pick<AService, 'log'>, jobId: number): Promise<void> => {
  const stream = `job-${jobId}`;
  const codec = {
    ...contractCodec,
    encode: (event: Parameters<typeof contractCodec.encode>[0]) => ({
      ...contractCodec.encode(event),
      data: JSON.stringify({ ...event.data, startAt: '+010000-01-01T00:00:00.000Z' }),
    }),
  };
  const store = openServiceLog(service.log, codec);
  for await (const { type, data, metadata, revision } of store.readStream(stream, { direction: 'backwards' })) {
    if (type !== 'JobCreated') throw new Error(`${stream} ends otherwise`);
    const event = { type: 'JobUpdated' as const, data, metadata, id: crypto.randomUUID() };
    await store.append({ stream, expectedRevision: revision, events: [event] });
    break;
  }
  await store.close();
};
