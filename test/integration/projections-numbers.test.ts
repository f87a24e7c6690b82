import { expect } from 'chai';
import { z } from 'zod';
import {
  DomainEvent,
  isAcknowledgementEvent,
  isAlertBookEvent,
  isAlertRuleEvent,
  isApplicationEvent,
  isCalendarEvent,
  isJobEvent,
  isOperationEvent,
  isPauseEvent,
  isRejectionEvent,
  isRunEvent,
  isSavedViewEvent,
  isTenantEvent,
  isTokenEvent,
} from '../../src/domain/events/index.ts';
import { PREFIX_OF } from '../../src/domain/streams.ts';
import type { Entry } from '../support/entry.ts';
import { openProjecting } from '../support/projecting.ts';

/** Texts of which each text in an event's schema accepts one. */
const TEXTS = [
  'acme',
  '2026-03-02T10:00:00.000Z',
  '2026-03-02',
  '1m',
  '0 10 * * *',
  'https://crm.example/',
  'a'.repeat(64),
  '5b0c8a52-6f3a-4b53-9f0e-0a3a4a6f5d11',
];

/** Values of each schema with the largest numbers that it accepts. Of a union, it takes the option of this number. */
const widest = (schema: z.core.$ZodType, option: number): unknown => {
  const inner = (of: z.core.$ZodType) => widest(of, option);
  if (schema instanceof z.ZodObject)
    return Object.fromEntries(Object.entries(schema.shape).map(([name, of]) => [name, inner(of)]));
  if (schema instanceof z.ZodArray) return [inner(schema.element)];
  if (schema instanceof z.ZodRecord) return { [String(inner(schema.keyType))]: inner(schema.valueType) };
  if (schema instanceof z.ZodUnion)
    return inner(schema.options[Math.min(option, schema.options.length - 1)] ?? z.never());
  if (schema instanceof z.ZodTuple) return schema.def.items.map(inner);
  if (schema instanceof z.ZodPipe) return inner(schema.in);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodExactOptional)
    return inner(schema.unwrap());
  if (schema instanceof z.ZodLiteral) return [...schema.values][0];
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (schema instanceof z.ZodBoolean) return true;
  if (schema instanceof z.ZodNumber) return schema.isInt ? (schema.maxValue ?? Number.MAX_SAFE_INTEGER) : 1.5;
  return [Number.MAX_SAFE_INTEGER, ...TEXTS].find((value) => z.safeParse(schema, value).success);
};

const MOST_OPTIONS = 6;

const FAMILIES = [
  [isJobEvent, `${PREFIX_OF.job}1`],
  [isRunEvent, `${PREFIX_OF.runs}1`],
  [isApplicationEvent, `${PREFIX_OF.application}1`],
  [isCalendarEvent, `${PREFIX_OF.calendar}1`],
  [isAlertRuleEvent, `${PREFIX_OF.alertRule}1`],
  [isAlertBookEvent, `${PREFIX_OF.alertBook}1`],
  [isPauseEvent, `${PREFIX_OF.pause}1`],
  [isOperationEvent, `${PREFIX_OF.operation}1`],
  [isTokenEvent, `${PREFIX_OF.token}1`],
  [isAcknowledgementEvent, `${PREFIX_OF.acknowledgement}1`],
  [isSavedViewEvent, `${PREFIX_OF.savedViews}1`],
  [isTenantEvent, `${PREFIX_OF.tenant}1`],
  [isRejectionEvent, `${PREFIX_OF.rejections}1`],
] as const;

/** Events of executions have an execution each, because none ends twice. */
const entriesOf = (): Entry[] => {
  let executionId = Number.MAX_SAFE_INTEGER;
  return DomainEvent.options.flatMap((schema) =>
    Array.from({ length: MOST_OPTIONS }, (_, option) => widest(schema, option)).flatMap((value) => {
      const event = schema.parse(value);
      const [, stream] = FAMILIES.find(([isOfFamily]) => isOfFamily(event)) ?? [];
      if (stream === undefined) return [];
      if (!('executionId' in event.data)) return [{ stream, event }];
      return [{ stream, event: schema.parse({ ...event, data: { ...event.data, executionId: executionId-- } }) }];
    }),
  );
};

describe('read models of the largest numbers that events can have', () => {
  it('continue, and show them', async () => {
    const projecting = await openProjecting();
    try {
      const runner = projecting.run();
      const entries = entriesOf();
      for (const entry of entries) {
        await projecting.reach(await projecting.append([entry])).catch((error) => {
          const stopped = runner.status().flatMap(({ name, why }) => (why === undefined ? [] : [`${name}: ${why}`]));
          throw new Error(`${entry.event.type}: ${stopped.join('; ')}`, { cause: error });
        });
      }
      expect(runner.status().filter(({ state }) => state !== 'running')).to.deep.equal([]);
      const id = Number.MAX_SAFE_INTEGER;
      const scope = { tenant: 'acme' };
      const { queries } = projecting;
      const started = entries.flatMap(({ event }) => (event.type === 'ExecutionStarted' ? [event.data] : []));
      expect((await queries.getExecution(scope, started[0]?.executionId ?? 0))?.attempt).to.equal(id);
      expect((await queries.jobHistory(scope, id, { limit: 5 })).items).to.have.length(5);
      expect((await queries.listBackfills(scope, { limit: 5 })).items.map(({ total }) => total)).to.deep.equal([id]);
      expect((await queries.listAudit(scope, { outcome: 'rejected' }, { limit: 50 })).items).to.not.deep.equal([]);
    } finally {
      await projecting.close();
    }
  });
});
