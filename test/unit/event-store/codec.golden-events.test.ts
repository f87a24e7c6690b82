import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { DomainEvent } from '../../../src/domain/events/index.ts';
import { createCodec, type Upcaster } from '../../../src/event-store/codec.ts';
import { positionOf } from '../../../src/event-store/port.ts';
import { readable } from '../../../src/event-store/read-log.ts';

/**
 * One file a version that was ever stored: `<Type>.v<version>.json` holds the data as it was stored, and the data that
 * today's reader must make of it.
 */
const GOLDEN_DIR = path.join(import.meta.dirname, 'golden-events');
const Golden = z.object({ stored: z.unknown(), read: z.unknown() });

/** NameReserved as if it had been stored twice otherwise: once without a tenant, before that with `id` for ownerId. */
const V1 = z.object({ name: z.string(), id: z.int() });
const V2 = z.object({ name: z.string(), ownerId: z.int() });
const lifts: Upcaster[] = [
  (data) => {
    const { name, id } = V1.parse(data);
    return { name, ownerId: id };
  },
  (data) => ({ ...V2.parse(data), tenant: 'default' }),
];

describe('golden events', () => {
  const codec = createCodec({ schemas: DomainEvent.options, upcasters: { NameReserved: lifts } });
  const readAs = (v: number, data: unknown) =>
    readable(
      codec.decode({
        id: 'e1',
        stream: 'jobname-1',
        revision: 0,
        position: positionOf(1),
        recordedAt: 0,
        type: 'NameReserved',
        data: JSON.stringify(data),
        metadata: JSON.stringify({ actor: { type: 'user', name: 'ada' }, correlationId: 'c1', v }),
      }),
    )?.data;

  for (const file of readdirSync(GOLDEN_DIR)) {
    it(`${file} is read as it always was`, () => {
      const golden = Golden.parse(JSON.parse(readFileSync(path.join(GOLDEN_DIR, file), 'utf8')));
      const version = Number(/\.v(\d+)\.json$/.exec(file)?.[1]);
      expect(readAs(version, golden.stored)).to.deep.equal(golden.read);
    });
  }
});
