import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { startFakeEventStoreDb } from './server.ts';

/**
 * Runs the fake server as a process: prints its URL, then fills its log with received events, or one event repeatedly. With
 * a port as argument it can be used for EVENTSTORE_URL; a second argument is the round-trip time in ms.
 */
const Texts = z.object({ type: z.string(), data: z.string(), metadata: z.string() });
const Fill = z.union([
  z.object({ prefix: z.string(), count: z.int(), streams: z.int(), event: Texts }),
  z.object({ prefix: z.string(), events: z.array(Texts.extend({ stream: z.string() })) }),
]);

const server = await startFakeEventStoreDb({ port: Number(process.argv[2] ?? 0) });
server.faults.roundTripMs = Number(process.argv[3] ?? 0);

const append = (stream: string, { type, data, metadata }: z.infer<typeof Texts>): void => {
  const texts = { data: Buffer.from(data), metadata: Buffer.from(metadata) };
  server.log.append(stream, 'any', [{ id: randomUUID(), type, contentType: 'application/json', ...texts }]);
};

process.on('message', (message) => {
  const fill = Fill.parse(message);
  if ('events' in fill) for (const { stream, ...texts } of fill.events) append(`${fill.prefix}${stream}`, texts);
  else for (let each = 0; each < fill.count; each++) append(`${fill.prefix}runs-${each % fill.streams}`, fill.event);
  process.send?.({ url: server.url });
});
process.on('disconnect', () => process.exit(0));

if (process.send === undefined) console.log(server.url);
else process.send({ url: server.url });
