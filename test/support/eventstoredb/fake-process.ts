import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { startFakeEventStoreDb } from './server.ts';

/**
 * The fake server as a process of its own: tells its URL, then fills its log with what it is sent. With a port as its
 * argument it is a server to point EVENTSTORE_URL at.
 */
const Fill = z.object({
  prefix: z.string(),
  count: z.int(),
  streams: z.int(),
  event: z.object({ type: z.string(), data: z.string(), metadata: z.string() }),
});

const server = await startFakeEventStoreDb({ port: Number(process.argv[2] ?? 0) });

process.on('message', (message) => {
  const { prefix, count, streams, event } = Fill.parse(message);
  const texts = { data: Buffer.from(event.data), metadata: Buffer.from(event.metadata) };
  const record = () => ({ id: randomUUID(), type: event.type, contentType: 'application/json', ...texts });
  for (let index = 0; index < count; index++) {
    server.log.append(
      `${prefix}runs-${index % streams}`,
      index < streams ? 'no_stream' : BigInt(Math.floor(index / streams) - 1),
      [record()],
    );
  }
  process.send?.({ url: server.url });
});
process.on('disconnect', () => process.exit(0));

if (process.send === undefined) console.log(server.url);
else process.send({ url: server.url });
